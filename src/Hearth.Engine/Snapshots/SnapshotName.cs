using Hearth.Core.Errors;

namespace Hearth.Engine.Snapshots;

/// <summary>Names of snapshots, as Docker's volumes are named: letters, digits, <c>_.-</c>, starting with a letter or digit.</summary>
public static class SnapshotName
{
    private const int MaxLength = 128;

    public static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLength && char.IsAsciiLetterOrDigit(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    /// <exception cref="HearthException"><c>snapshot.name</c>.</exception>
    public static void Require(string name)
    {
        if (!IsValid(name))
        {
            throw new HearthException("snapshot.name", $"'{name}' cannot be a snapshot's name.", "Use letters, digits, '_', '.' and '-', at most 128, the first a letter or digit.");
        }
    }
}

using Hearth.Core.Errors;

namespace Hearth.Core.Naming;

/// <summary>Names of VMs are DNS labels (RFC 1123), because they become host names: 1–63 of a–z, 0–9 and '-', not at an end.</summary>
public static class DnsLabel
{
    public const int MaxLength = 63;

    public static bool IsValid(string? name) =>
        name is { Length: > 0 and <= MaxLength }
        && name[0] != '-' && name[^1] != '-'
        && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <exception cref="HearthException"><c>name.invalid</c>.</exception>
    public static void Require(string name)
    {
        if (!IsValid(name))
        {
            throw new HearthException(
                "name.invalid",
                $"'{name}' cannot be a VM's name: names are DNS labels (1 to 63 of a-z, 0-9 and '-', not first or last).",
                "Choose another --name, or leave it out and one is made up.",
                ExitCodes.HearthFailed);
        }
    }
}

using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Specs;

namespace Hearth.Engine.Networks;

/// <summary>What <c>--network</c> takes besides names of networks.</summary>
public static class NetworkNames
{
    public const string None = "none";

    /// <summary>Docker's words that mean something else there; a network of that name would be taken for it.</summary>
    private static readonly string[] s_kept = [None, "host", "bridge", "default", "container", "private", "internal"];

    /// <summary>The ways out that a VM can have.</summary>
    public static IReadOnlyList<string> Modes { get; } = [.. Enum.GetValues<NetworkMode>().Where(static mode => mode != NetworkMode.Internal).Select(static mode => mode.ToString().ToLowerInvariant())];

    /// <exception cref="HearthException"><c>network.name</c>.</exception>
    public static void Require(string name)
    {
        if (!DnsLabel.IsValid(name) || s_kept.Contains(name) || Modes.Contains(name))
        {
            throw new HearthException(
                "network.name", $"'{name}' cannot be a network's name.", "Use lower-case letters, digits and hyphens, 63 at most, and no word with a meaning of its own (rootless, none, host, …).", ExitCodes.Usage);
        }
    }
}

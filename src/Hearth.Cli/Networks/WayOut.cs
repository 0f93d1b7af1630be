using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Networks;
using Hearth.Networking.Topology;

namespace Hearth.Cli.Networks;

/// <summary>How a VM that asked for named networks alone reaches others.</summary>
internal static class WayOut
{
    /// <summary>As when no network was named, unless all that were are internal.</summary>
    /// <param name="store">The networks there are.</param>
    /// <param name="asked">Its mode is <see cref="NetworkMode.Internal"/> when no mode was asked for.</param>
    /// <exception cref="HearthException"><c>network.not-found</c>, <c>network.unavailable</c>, <c>flags.conflict</c>.</exception>
    public static NetworkSpec? Choose(NetworkStore store, NetworkSpec? asked)
    {
        NamedNetwork[] networks = [.. (asked?.Networks ?? []).Select(name => store.Require(name, ExitCodes.HearthFailed))];
        if (asked is not { Mode: NetworkMode.Internal })
        {
            return asked;
        }

        if (networks.Any(static network => !network.Internal))
        {
            return RootlessNetwork.Obstacle() is { } obstacle
                ? throw new HearthException("network.unavailable", $"The VM cannot have a network: {obstacle}.", "--network none runs without one.")
                : asked with { Mode = NetworkMode.Rootless };
        }

        return !asked.HostAccess ? asked : throw new HearthException(
            "flags.conflict", $"--network {networks[0].Name} and --host-access exclude each other.", "An internal network leads nowhere: add --network rootless, or leave --host-access out.");
    }
}

using Hearth.Linux.Files;
using Hearth.Networking.Topology;

namespace Hearth.Bench.Floors;

/// <summary>
/// The host's end of the bare machines' network interface: a TAP as a VM has it, in a namespace of its own that leads nowhere, open in this
/// program and inherited by the machines. All of them share the one, since none says anything. Without it they would have other devices than
/// the subject, and could not go on from its state. It goes with this program.
/// </summary>
internal static class BareNetwork
{
    private static readonly Lazy<(VmNetwork Network, InheritedFile Tap)> s_open = new(static () =>
    {
        VmNetwork network = VmNetwork.OpenIdle("bench");
        return (network, InheritedFile.Copy(network.TapDescriptor));
    });

    private const string Prefix = "tap,id=net0,";

    /// <summary>What stands behind <c>-netdev</c>.</summary>
    /// <param name="tap">Another interface than this; null for this.</param>
    public static string Argument(string? tap) => Prefix + (tap ?? $"fd={s_open.Value.Tap.Fd}");

    public static bool Is(string argument) => argument.StartsWith($"{Prefix}fd=", StringComparison.Ordinal);
}

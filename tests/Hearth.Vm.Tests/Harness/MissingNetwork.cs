using System.Text;
using Hearth.Networking.Topology;

namespace Hearth.Vm.Tests.Harness;

/// <summary>
/// A host that gives this user's VMs no network: every command that makes one says so first. Tests are about something else, and
/// get standard error without that line; one test is about the line (<see cref="Networks.MissingNetworkTests"/>).
/// </summary>
internal static class MissingNetwork
{
    /// <summary>What the host lacks; null where VMs get a network.</summary>
    public static string? Obstacle { get; } = RootlessNetwork.Obstacle();

    /// <summary>The line, with its end. Only where there is an obstacle.</summary>
    public static string Warning => $"hearth: warning: the VM has no network: {Obstacle}. --network none says that this is right.\n";

    /// <summary>Standard error without the line, once, at the start of a line; as it is where VMs get a network.</summary>
    public static byte[] Without(byte[] error)
    {
        if (Obstacle is null)
        {
            return error;
        }

        byte[] warning = Encoding.UTF8.GetBytes(Warning);
        int at = error.AsSpan().IndexOf(warning);
        return at == 0 || (at > 0 && error[at - 1] == '\n') ? [.. error[..at], .. error[(at + warning.Length)..]] : error;
    }
}

using Hearth.Core.Specs;
using Hearth.Linux.Processes;
using Hearth.Networking.Kernel;
using Hearth.Networking.Topology;

namespace Hearth.Kernel.Tests.Processes;

/// <summary>The entry point of this assembly run as a program: owns a tool, or a VM's network, for as long as it lives, so that a test can kill the owner.</summary>
internal static class ToolOwner
{
    public static Task Main(string[] arguments) => arguments is [var vmId, var directory] ? OwnNetworkAsync(vmId, directory) : OwnToolAsync();

    private static async Task OwnToolAsync()
    {
        var streams = new ToolStreams { OutputLine = Console.WriteLine };
        await ToolProcess.RunAsync(new ToolCommand("sh", ["-c", "echo $$; exec sleep 1000"]), streams, CancellationToken.None);
    }

    /// <summary>Until its standard input ends.</summary>
    private static async Task OwnNetworkAsync(string vmId, string directory)
    {
        await using VmNetwork network = await VmNetwork.OpenKernelAsync(
            new HostNetwork(null, directory), new KernelRequest(vmId, NetworkMode.Bridged, null), null, static line => Console.Error.WriteLine(line), CancellationToken.None);
        Console.WriteLine(network.Guest.Address.Address);
        await Console.In.ReadToEndAsync();
    }
}

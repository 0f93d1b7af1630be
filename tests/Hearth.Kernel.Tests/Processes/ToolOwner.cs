using Hearth.Linux.Processes;

namespace Hearth.Kernel.Tests.Processes;

/// <summary>The entry point of this assembly run as a program: owns a tool for as long as it lives, so that a test can kill the owner.</summary>
internal static class ToolOwner
{
    public static async Task Main()
    {
        var streams = new ToolStreams { OutputLine = Console.WriteLine };
        await ToolProcess.RunAsync(new ToolCommand("sh", ["-c", "echo $$; exec sleep 1000"]), streams, CancellationToken.None);
    }
}

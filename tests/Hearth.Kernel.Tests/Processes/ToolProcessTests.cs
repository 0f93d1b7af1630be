using System.Diagnostics;
using System.Globalization;
using Hearth.Linux.Processes;

namespace Hearth.Kernel.Tests.Processes;

public sealed class ToolProcessTests
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task A_tool_ends_when_its_owner_is_killed()
    {
        Skip.IfNot(File.Exists("/usr/bin/setpriv"), "setpriv is not installed");
        using Process owner = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["exec", typeof(ToolOwner).Assembly.Location]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        string line = await owner.StandardOutput.ReadLineAsync().WaitAsync(s_bound) ?? throw new InvalidOperationException("The owner ended without starting its tool.");
        using Process tool = Process.GetProcessById(int.Parse(line, CultureInfo.InvariantCulture));
        ProcessTable.Identify(tool.Id).ShouldNotBeNull();

        owner.Kill();

        // The tool's standard output is a pipe of the owner's and could outlive it: only the kernel's signal ends a sleep.
        await tool.WaitForExitAsync().WaitAsync(s_bound);
        await owner.WaitForExitAsync().WaitAsync(s_bound);
    }
}

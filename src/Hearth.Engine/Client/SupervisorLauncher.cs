using System.Diagnostics;
using Hearth.Core.Errors;
using Hearth.Core.Storage;
using Hearth.Engine.Store;
using Hearth.Linux.Processes;

namespace Hearth.Engine.Client;

/// <summary>
/// Starts supervisors. The supervisor's standard input is its life line: end of file on it before a <c>D</c> byte means that
/// the client died, in whatever way, and the VM goes with it. Its standard output says one line: <c>ready</c>, or what failed.
/// Its standard error is passed on by the client as long as that lives, and never the client's own: whoever reads a client's
/// errors through a pipe would wait for their end until the VM's.
/// </summary>
public static class SupervisorLauncher
{
    /// <summary>Starts the VM's supervisor and returns when its control socket listens.</summary>
    /// <exception cref="HearthException"><c>vm.running</c>, or what the supervisor said.</exception>
    public static async Task<SupervisorLifeline> StartAsync(HearthPaths paths, VmModel vm, bool foreground, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, ["supervisor", vm.Id, foreground ? "--foreground" : "--background"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,

            // Passed on while this process lives, and not inherited: a detached VM must not hold the caller's open.
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        start.Environment["HEARTH_HOME"] = paths.Home;
        Process process = await SpawnThread.RunAsync(() => Process.Start(start)!);
        SupervisorLifeline lifeline = new(process);
        string? said;
        try
        {
            said = await process.StandardOutput.ReadLineAsync(cancellationToken);
        }
        catch
        {
            lifeline.Dispose();
            throw;
        }

        if (said == "ready")
        {
            return lifeline;
        }

        lifeline.Dispose();
        throw new HearthException(
            "supervisor.failed", $"The supervisor of VM {vm.Name} did not start: {said ?? "it ended without a word"}", "'hearth doctor' checks what it needs.");
    }
}

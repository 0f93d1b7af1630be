using System.Diagnostics;
using Hearth.Core.Errors;
using Hearth.Core.Storage;
using Hearth.Engine.Copying;
using Hearth.Engine.Store;
using Hearth.Linux.Processes;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Engine.Client;

/// <summary>
/// Starts supervisors. The supervisor's standard input is its life line: end of file on it before a <c>D</c> byte means that
/// the client died, in whatever way, and the VM goes with it. Its standard output says one line: <c>ready</c>, or what failed.
/// Its standard error is passed on by the client as long as that lives, and never the client's own: whoever reads a client's
/// errors through a pipe would wait for their end until the VM's.
/// </summary>
public static class SupervisorLauncher
{
    private const string Ready = "ready";

    /// <summary>Starts the VM's supervisor and returns when its control socket listens.</summary>
    /// <exception cref="HearthException"><c>vm.running</c>, or what the supervisor said.</exception>
    public static async Task<SupervisorLifeline> StartAsync(HearthPaths paths, VmModel vm, bool foreground, CancellationToken cancellationToken)
    {
        (SupervisorLifeline lifeline, string? said) = await SpawnAsync(paths, vm, foreground ? "--foreground" : "--background", cancellationToken);
        return said == Ready ? lifeline : throw Failed(vm, lifeline, said);
    }

    /// <summary>Starts the VM and returns once its container runs. The VM does not depend on this process from the first moment on.</summary>
    /// <exception cref="HearthException"><c>vm.running</c>, or why it did not start.</exception>
    public static async Task StartUnboundAsync(HearthPaths paths, VmModel vm, CancellationToken cancellationToken)
    {
        (SupervisorLifeline lifeline, string? said) = await SpawnAsync(paths, vm, "--background", cancellationToken, isBound: false);
        using SupervisorLifeline started = said == Ready ? lifeline : throw Failed(vm, lifeline, said);
        await WaitStartedAsync(vm, cancellationToken);
    }

    /// <summary>Returns once the container of a VM that has a supervisor runs.</summary>
    /// <exception cref="HearthException">Why it did not start; <c>supervisor.died</c>.</exception>
    public static async Task WaitStartedAsync(VmModel vm, CancellationToken cancellationToken)
    {
        await using ControlConnection connection = await ControlConnection.ConnectAsync(vm, new WaitStartedRequest(), cancellationToken);
        try
        {
            while (await connection.Reader.ReadAsync(cancellationToken) is { } frame)
            {
                if (frame.Type == FrameType.Error)
                {
                    throw ControlConnection.ToException(frame.Payload);
                }

                if (frame.Type == FrameType.Started)
                {
                    return;
                }
            }
        }
        catch (IOException e)
        {
            throw Died(vm, e); // Killed before it read the request.
        }

        throw Died(vm, null);
    }

    /// <summary>Starts the guest that serves copies of a VM that does not run, and returns when its control socket listens.</summary>
    /// <returns>Null when somebody else has the VM.</returns>
    /// <exception cref="HearthException">What the supervisor said.</exception>
    internal static async Task<SupervisorLifeline?> TryStartCopyAsync(HearthPaths paths, VmModel vm, CancellationToken cancellationToken)
    {
        (SupervisorLifeline lifeline, string? said) = await SpawnAsync(paths, vm, "--copy", cancellationToken);
        if (said == CopySupervisor.Busy)
        {
            lifeline.Dispose();
            return null;
        }

        return said == Ready ? lifeline : throw Failed(vm, lifeline, said);
    }

    private static HearthException Died(VmModel vm, Exception? inner) => new(
        "supervisor.died", $"The supervisor of VM {vm.Name} ended before the container ran.", $"'hearth logs {vm.Name}' and 'hearth inspect {vm.Name}' may say why.", inner: inner);

    private static HearthException Failed(VmModel vm, SupervisorLifeline lifeline, string? said)
    {
        lifeline.Dispose();
        return new HearthException(
            "supervisor.failed", $"The supervisor of VM {vm.Name} did not start: {said ?? "it ended without a word"}", "'hearth doctor' checks what it needs.");
    }

    private static async Task<(SupervisorLifeline Lifeline, string? Said)> SpawnAsync(HearthPaths paths, VmModel vm, string mode, CancellationToken cancellationToken, bool isBound = true)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, ["supervisor", vm.Id, mode])
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
        ProcessLifeline lifeline = new(process);
        if (!isBound)
        {
            lifeline.Detach();
        }

        try
        {
            return (lifeline, await process.StandardOutput.ReadLineAsync(cancellationToken));
        }
        catch
        {
            lifeline.Dispose();
            throw;
        }
    }
}

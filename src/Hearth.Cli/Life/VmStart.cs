using Hearth.Cli.Sessions;
using Hearth.Core.Errors;
using Hearth.Engine.Client;
using Hearth.Engine.Copying;
using Hearth.Engine.Store;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Cli.Life;

/// <summary>Starts a VM's supervisor and stays with it, or leaves it to itself.</summary>
internal static class VmStart
{
    /// <summary>Starts the VM and returns once its container runs; it lives on without this client.</summary>
    public static async Task DetachedAsync(CliContext context, VmModel vm)
    {
        await WaitForCopyAsync(context, vm);
        using SupervisorLifeline lifeline = await SupervisorLauncher.StartAsync(context.Paths, vm, foreground: false, context.Cancellation);
        await using ControlConnection connection = await ControlConnection.ConnectAsync(vm, new WaitStartedRequest(), context.Cancellation);
        while (await connection.Reader.ReadAsync(context.Cancellation) is { } frame)
        {
            if (frame.Type == FrameType.Error)
            {
                throw ControlConnection.ToException(frame.Payload);
            }

            if (frame.Type == FrameType.Started)
            {
                lifeline.Detach();
                return;
            }
        }

        throw new HearthException("supervisor.died", $"The supervisor of VM {vm.Name} ended before the container ran.", $"'hearth logs {vm.Name}' and 'hearth inspect {vm.Name}' may say why.");
    }

    /// <summary>
    /// Starts the VM bound to this client's life and joins its streams. Returns the command's exit code once the supervisor has
    /// gone too, so that with <c>--rm</c> nothing of the VM is left when the prompt returns.
    /// </summary>
    public static async Task<int> ForegroundAsync(CliContext context, VmModel vm, SessionOptions options)
    {
        await WaitForCopyAsync(context, vm);
        using SupervisorLifeline lifeline = await SupervisorLauncher.StartAsync(context.Paths, vm, foreground: true, context.Cancellation);
        SessionEnd end;
        await using (ControlConnection connection = await ControlConnection.ConnectAsync(
            vm, new AttachRequest(options.Stdin, Foreground: true), context.Cancellation))
        {
            end = await new ClientSession(context, options).RunAsync(connection);
            if (end.Reason == SessionEndReason.Detached)
            {
                // The life line speaks before the connection ends: the VM is no longer bound to it then.
                lifeline.Detach();
            }
        }

        if (end.Reason == SessionEndReason.Exited)
        {
            await lifeline.WaitForExitAsync(context.Cancellation);
        }

        return end.ExitCode;
    }

    /// <summary>A disk has one writer: a VM whose files are being copied starts, or changes, after that.</summary>
    public static Task WaitForCopyAsync(CliContext context, VmModel vm) => CopyHold.WaitForEndAsync(
        vm, () => context.Error.WriteLine($"hearth: waiting until 'hearth cp' has copied the files of VM {vm.Name}"), context.Cancellation);
}

using Hearth.Cli.Sessions;
using Hearth.Core.Specs;
using Hearth.Engine.Admission;
using Hearth.Engine.Client;
using Hearth.Engine.Copying;
using Hearth.Engine.Idle;
using Hearth.Engine.Pools;
using Hearth.Engine.Store;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Life;

/// <summary>Starts a VM's supervisor and stays with it, or leaves it to itself.</summary>
internal static class VmStart
{
    /// <summary>Starts the VM and returns once its container runs; it lives on without this client.</summary>
    public static async Task DetachedAsync(CliContext context, VmModel vm, SpareHold? spare = null)
    {
        if (vm.State.Status == VmStatus.Suspended)
        {
            await VmWaker.WakeAsync(context.Paths, vm, context.Cancellation);
            return;
        }

        using SupervisorLifeline lifeline = await StartAsync(context, vm, spare, foreground: false);
        await SupervisorLauncher.WaitStartedAsync(vm, context.Cancellation);
        lifeline.Detach();
    }

    /// <summary>
    /// Starts the VM bound to this client's life and joins its streams. Returns the command's exit code once the supervisor has
    /// gone too, so that with <c>--rm</c> nothing of the VM is left when the prompt returns.
    /// </summary>
    public static async Task<int> ForegroundAsync(CliContext context, VmModel vm, SessionOptions options, SpareHold? spare = null)
    {
        using SupervisorLifeline lifeline = await StartAsync(context, vm, spare, foreground: true);
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

    /// <summary>The supervisor that stands ready, or one that is started: the way that it goes without a pool, and without a word when that one has died.</summary>
    private static async Task<SupervisorLifeline> StartAsync(CliContext context, VmModel vm, SpareHold? spare, bool foreground)
    {
        if (spare is not null && await spare.TryBecomeAsync(vm, foreground, context.Cancellation) is { } ready)
        {
            return ready;
        }

        FreeMemory.RequireStart($"VM {vm.Name}", context.Variable);
        await (vm.IsIdle ? VmWaker.WaitForPredecessorAsync(vm, context.Cancellation) : WaitForCopyAsync(context, vm));
        return await SupervisorLauncher.StartAsync(context.Paths, vm, foreground, context.Cancellation);
    }

    /// <summary>A disk has one writer: a VM whose files are being copied starts, or changes, after that.</summary>
    public static Task WaitForCopyAsync(CliContext context, VmModel vm) => CopyHold.WaitForEndAsync(
        vm, () => context.Error.WriteLine($"hearth: waiting until 'hearth cp' has copied the files of VM {vm.Name}"), context.Cancellation);
}

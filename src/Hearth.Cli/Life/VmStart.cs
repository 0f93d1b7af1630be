using Hearth.Cli.Sessions;
using Hearth.Core.Errors;
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
    /// <param name="context">The command's.</param>
    /// <param name="vm">One that does not run.</param>
    /// <param name="spare">A guest that stands ready.</param>
    /// <param name="healthyWithin">Return once it is healthy; one that is not within this time is ended, as it is when this client dies before.</param>
    public static async Task DetachedAsync(CliContext context, VmModel vm, SpareHold? spare = null, TimeSpan? healthyWithin = null)
    {
        if (vm.State.Status == VmStatus.Suspended)
        {
            await VmWaker.WakeAsync(context.Paths, vm, context.Cancellation);
            return;
        }

        HearthException? late = null;
        using (SupervisorLifeline lifeline = await StartAsync(context, vm, spare, foreground: false))
        {
            await SupervisorLauncher.WaitStartedAsync(vm, context.Cancellation);
            late = healthyWithin is { } bound ? await WaitHealthyAsync(context, vm, bound) : null;
            lifeline.Detach();
        }

        if (late is not null)
        {
            // Not before the life line has ended: the supervisor waits for its starter. Nothing of the VM runs, or is locked, afterwards.
            await VmStop.StopAsync(context, new VmStore(context.Paths).Reload(vm), new StopRequest());
            string hint = vm.Spec.AutoRemove ? "The VM was ended and removed; give it more time." : $"The VM was ended; 'hearth inspect {vm.Name}' and 'hearth logs {vm.Name}' say more.";
            throw new HearthException(late.Code, late.Message, hint, late.ExitCode, late);
        }
    }

    /// <summary>Null when it is healthy; what to say when it is not in time.</summary>
    private static async Task<HearthException?> WaitHealthyAsync(CliContext context, VmModel vm, TimeSpan bound)
    {
        VmStore store = new(context.Paths);
        try
        {
            await HealthyWait.WaitAsync(store, store.Reload(vm), bound, context.Time, context.Cancellation);
            return null;
        }
        catch (HearthException e) when (e.Code == "health.timeout")
        {
            return e;
        }
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

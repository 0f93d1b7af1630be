using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Client;
using Hearth.Engine.Store;
using Hearth.Protocol.Control;

namespace Hearth.Engine.Idle;

/// <summary>
/// A client's hold on a VM that suspends itself: woken when it had, and awake until this is disposed, however many connections
/// the client needs. Costs one exchange with the supervisor; for other VMs there is nothing to hold.
/// </summary>
public sealed class AwakeVm : IAsyncDisposable
{
    /// <summary>A VM can be suspended between two looks at it, or end and be started; not again and again.</summary>
    private const int MostLooks = 8;

    private readonly ControlConnection? _hold;

    private AwakeVm(VmModel vm, ControlConnection? hold)
    {
        Vm = vm;
        _hold = hold;
    }

    /// <summary>The VM as it is now.</summary>
    public VmModel Vm { get; }

    /// <summary>Wakes the VM if it suspended itself. One that the user suspended, or that does not run, is left as it is: what is asked of it next says so.</summary>
    /// <exception cref="HearthException"><c>vm.wake</c>; <c>vm.not-found</c>.</exception>
    public static async Task<AwakeVm> OpenAsync(HearthPaths paths, VmModel vm, CancellationToken cancellationToken)
    {
        if (vm.Spec.IdleSuspend is null && vm.State.SuspendedBy != SuspendCause.Idle)
        {
            return new AwakeVm(vm, null);
        }

        VmStore store = new(paths);
        for (int look = 1; ; look++)
        {
            VmModel now = store.Reload(vm);
            if (now.IsIdle)
            {
                await WakeAsync(paths, now, cancellationToken);
            }
            else if (!now.IsActive)
            {
                return new AwakeVm(now, null);
            }

            try
            {
                ControlConnection hold = await HoldAsync(now, cancellationToken);
                return new AwakeVm(store.Reload(now), hold);
            }
            catch (HearthException e) when (look < MostLooks && e.Code is "vm.suspended" or "vm.not-running")
            {
                // Its state says how it is now.
            }
        }
    }

    public ValueTask DisposeAsync() => _hold?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static async Task WakeAsync(HearthPaths paths, VmModel vm, CancellationToken cancellationToken)
    {
        try
        {
            await VmWaker.WakeAsync(paths, vm, cancellationToken);
        }
        catch (HearthException e) when (e.Code != "vm.not-found")
        {
            throw new HearthException("vm.wake", $"VM {vm.Name} was suspended while it was idle, and does not go on: {e.Message}", e.Hint, 1, e);
        }
    }

    private static async Task<ControlConnection> HoldAsync(VmModel vm, CancellationToken cancellationToken)
    {
        ControlConnection connection = await ControlConnection.ConnectAsync(vm, new KeepAwakeRequest(), cancellationToken);
        try
        {
            await connection.ReadReplyAsync(vm, cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}

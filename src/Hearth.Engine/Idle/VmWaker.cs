using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Client;
using Hearth.Engine.Doorkeeping;
using Hearth.Engine.Store;
using Hearth.Linux.Files;

namespace Hearth.Engine.Idle;

/// <summary>Lets suspended VMs go on: once, however many want it at the same time.</summary>
public static class VmWaker
{
    /// <summary>A supervisor on its way out gives its clients 10 s to read their answers.</summary>
    private static readonly TimeSpan s_handOver = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Wakes a VM that is suspended, by whomever, and returns when its container runs. One that is not is left alone. Who comes
    /// second waits for the first on <c>wake.lock</c> and finds it done. The VM does not depend on the caller's life.
    /// </summary>
    /// <exception cref="HearthException">It is gone, or why it does not go on.</exception>
    public static async Task WakeAsync(HearthPaths paths, VmModel vm, CancellationToken cancellationToken)
    {
        VmStore store = new(paths);
        using FileLock turn = await TakeTurnAsync(store, vm, cancellationToken);
        VmModel now = store.Reload(vm);
        if (now.State.Status == VmStatus.Suspended)
        {
            await WaitForPredecessorAsync(now, cancellationToken);
            await SupervisorLauncher.StartUnboundAsync(paths, now, cancellationToken);
        }
    }

    /// <summary>The user wants a VM that suspended itself to stay so.</summary>
    /// <returns>False when it is not suspended any more.</returns>
    public static async Task<bool> KeepAsleepAsync(HearthPaths paths, VmModel vm, CancellationToken cancellationToken)
    {
        VmStore store = new(paths);
        using FileLock turn = await TakeTurnAsync(store, vm, cancellationToken);
        using FileLock? files = await TryTakeFilesAsync(vm, cancellationToken);
        VmModel now = store.Reload(vm);
        if (files is null || now.State.Status != VmStatus.Suspended)
        {
            return false;
        }

        // Its doorkeeper first: a command that is killed here leaves a VM that is idle, with closed ports.
        DoorkeeperSocket.End(now.State);
        VmFiles.WriteState(now.Directory, now.State with { SuspendedBy = SuspendCause.User, Doorkeeper = null, Ports = [] });
        return true;
    }

    /// <summary>The supervisor that suspended a VM may hold its lock for a moment longer. One that starts it holds it for long: hence the bound.</summary>
    public static async Task WaitForPredecessorAsync(VmModel vm, CancellationToken cancellationToken) =>
        (await TryTakeAsync(vm, FileLockMode.Shared, cancellationToken))?.Dispose();

    /// <summary>The lock under which a VM's files are changed, as its supervisor has it.</summary>
    /// <returns>Null when one holds it for long: the VM runs.</returns>
    public static Task<FileLock?> TryTakeFilesAsync(VmModel vm, CancellationToken cancellationToken) => TryTakeAsync(vm, FileLockMode.Exclusive, cancellationToken);

    private static async Task<FileLock?> TryTakeAsync(VmModel vm, FileLockMode mode, CancellationToken cancellationToken)
    {
        using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(s_handOver);
        try
        {
            return await FileLock.AcquireAsync(vm.SupervisorLock, mode, bound.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null; // The next look, or the start, says who has it.
        }
    }

    private static Task<FileLock> TakeTurnAsync(VmStore store, VmModel vm, CancellationToken cancellationToken)
    {
        // The lock must not bring the directory of a removed VM back.
        string directory = store.Reload(vm).Directory;
        return FileLock.AcquireAsync(Path.Combine(directory, "wake.lock"), cancellationToken);
    }
}

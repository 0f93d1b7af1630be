using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Client;
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
        await WaitForPredecessorAsync(vm, cancellationToken);
        VmModel now = store.Reload(vm);
        if (now.State.Status != VmStatus.Suspended)
        {
            return false;
        }

        VmFiles.WriteState(now.Directory, now.State with { SuspendedBy = SuspendCause.User });
        return true;
    }

    /// <summary>The supervisor that suspended a VM may hold its lock for a moment longer. One that starts it holds it for long: hence the bound.</summary>
    public static async Task WaitForPredecessorAsync(VmModel vm, CancellationToken cancellationToken)
    {
        using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(s_handOver);
        try
        {
            using FileLock free = await FileLock.AcquireAsync(vm.SupervisorLock, FileLockMode.Shared, bound.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The next look, or the start, says who has it.
        }
    }

    private static Task<FileLock> TakeTurnAsync(VmStore store, VmModel vm, CancellationToken cancellationToken)
    {
        // The lock must not bring the directory of a removed VM back.
        string directory = store.Reload(vm).Directory;
        return FileLock.AcquireAsync(Path.Combine(directory, "wake.lock"), cancellationToken);
    }
}

using Hearth.Engine.Store;
using Hearth.Linux.Files;

namespace Hearth.Engine.Supervision;

/// <summary>
/// The lock of a VM's directory. Who owns the VM (a supervisor, a spare, a guest that serves copies) holds it exclusively for
/// its whole life. Who looks whether there is an owner, or waits for its end, takes it shared and for a moment: two that look
/// at once must not take each other for an owner.
/// </summary>
internal static class SupervisorLock
{
    /// <summary>Longer than a look takes; only who ends the VMM of a killed supervisor may need more, and then the start is refused.</summary>
    private static readonly TimeSpan s_lookBound = TimeSpan.FromSeconds(2);

    /// <summary>Becomes the owner; null when there is one, or the VM was removed: the lock must not bring its directory back.</summary>
    public static async Task<FileLock?> TryOwnAsync(VmModel vm)
    {
        if (FileLock.TryAcquireWithin(vm.SupervisorLock) is { } free)
        {
            return free;
        }

        if (!Directory.Exists(vm.Directory))
        {
            return null;
        }

        using CancellationTokenSource bound = new(s_lookBound);
        try
        {
            return await FileLock.AcquireAsync(vm.SupervisorLock, bound.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}

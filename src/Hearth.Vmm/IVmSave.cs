namespace Hearth.Vmm;

/// <summary>
/// A guest's state being saved, in three steps: what needs no standing guest is done when this is made
/// (<see cref="IVmInstance.PrepareSaveAsync"/>); <see cref="TakeAsync"/> while the guest stands; <see cref="FinishAsync"/> when it
/// runs again. Disposed without that, half-written files are left to whoever made their directory.
/// </summary>
public interface IVmSave : IAsyncDisposable
{
    /// <summary>Saves the devices and sets the memory's pages aside.</summary>
    /// <remarks>Preconditions: the guest is paused; the link is frozen.</remarks>
    /// <exception cref="IOException">The VMM refused, or there is no room.</exception>
    Task TakeAsync(CancellationToken cancellationToken);

    /// <summary>Writes what was set aside.</summary>
    /// <returns>Bytes of memory that the guest has beyond the file that it was started from.</returns>
    Task<long> FinishAsync(CancellationToken cancellationToken);
}

namespace Hearth.Vmm;

/// <summary>A layer that a disk can go on in. Disposed without having been laid over, it is closed.</summary>
public interface IVmOverlay : IAsyncDisposable
{
    /// <summary>True from when the disk goes on in it.</summary>
    bool IsLaidOver { get; }

    /// <summary>
    /// Freezes the disk's written layer as it is now and goes on in this one above it. From then on the layer below may be
    /// shared, and is never written again.
    /// </summary>
    /// <remarks>Preconditions: paused, so that the disk belongs to the saved devices and memory. It is not given up: nobody would know then which layer is written.</remarks>
    /// <exception cref="IOException">The VMM refused, and the disk is as it was; or it is gone.</exception>
    Task LayOverAsync();
}

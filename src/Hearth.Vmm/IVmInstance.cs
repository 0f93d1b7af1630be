using Hearth.Core.Specs;

namespace Hearth.Vmm;

/// <summary>One VMM process and its guest; see <see cref="IVmEngine"/> for its life.</summary>
public interface IVmInstance : IAsyncDisposable
{
    ProcessIdentity Process { get; }

    /// <summary><c>qemu/tcg</c>, <c>qemu/kvm</c>.</summary>
    string Description { get; }

    /// <summary>The byte pipe to the agent. The instance owns it.</summary>
    Stream Link { get; }

    /// <summary>Completes when the VMM process has ended. Never fails.</summary>
    Task<VmmExit> Exited { get; }

    /// <summary>The VMM's cgroup directories; empty when it has none.</summary>
    IReadOnlyList<string> Cgroups { get; }

    /// <summary>Stops the vCPUs; the guest's clock stands.</summary>
    Task PauseAsync(CancellationToken cancellationToken);

    Task ResumeAsync(CancellationToken cancellationToken);

    /// <summary>Writes the state of CPUs and devices, without memory and disks, to a new file (0600).</summary>
    /// <remarks>Preconditions: paused; the link is frozen.</remarks>
    Task SaveDevicesAsync(string path, CancellationToken cancellationToken);

    /// <summary>Writes what the guest's memory holds beyond the file that it was started from, to a new file (0600).</summary>
    /// <remarks>Preconditions: paused.</remarks>
    /// <returns>Bytes of memory written.</returns>
    long SaveMemory(string path);

    /// <summary>
    /// Freezes a disk's written layer as it is now and goes on in a new one above it. From then on the layer below may be
    /// shared, and is never written again.
    /// </summary>
    /// <remarks>Preconditions: paused, so that the disk belongs to the saved devices and memory.</remarks>
    /// <param name="index">In the order of the launch.</param>
    /// <param name="overlay">An empty qcow2 file of the disk's size.</param>
    Task OverlayDiskAsync(int index, DiskLayer overlay, CancellationToken cancellationToken);

    /// <summary>Ends the VMM at once and waits until it is gone.</summary>
    Task KillAsync();
}

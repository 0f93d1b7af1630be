using System.Net.Sockets;
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

    /// <summary>The host's ends of the further ports, in the order of the launch; each blocks. The instance owns them.</summary>
    IReadOnlyList<Socket> Ports { get; }

    /// <summary>Completes when the VMM process has ended. Never fails.</summary>
    Task<VmmExit> Exited { get; }

    /// <summary>The VMM's cgroup directories; empty when it has none.</summary>
    IReadOnlyList<string> Cgroups { get; }

    /// <summary>Stops the vCPUs; the guest's clock stands.</summary>
    Task PauseAsync(CancellationToken cancellationToken);

    Task ResumeAsync(CancellationToken cancellationToken);

    /// <summary>Gets ready to save the state of CPUs and devices, and of the memory, without disks; the guest may run.</summary>
    /// <param name="devices">A new file (0600).</param>
    /// <param name="memory">
    /// A new file (0600) for what the guest's memory holds beyond the file that it was started from; null when that file is
    /// shared with the guest and holds all.
    /// </param>
    /// <param name="cancellationToken">Gives up; the files are left.</param>
    /// <exception cref="Hearth.Core.Errors.HearthException"><c>snapshot.memory</c>: the memory of this VM cannot be saved.</exception>
    Task<IVmSave> PrepareSaveAsync(string devices, string? memory, CancellationToken cancellationToken);

    /// <summary>Opens an empty layer that a disk is to go on in; the guest may run.</summary>
    /// <param name="index">In the order of the launch.</param>
    /// <param name="overlay">An empty qcow2 file of the disk's size.</param>
    Task<IVmOverlay> PrepareOverlayAsync(int index, DiskLayer overlay, CancellationToken cancellationToken);

    /// <summary>
    /// Copies what lies between a disk's lowest layers and its top into the top, while the guest runs, and lets go of those
    /// layers. They are only read. Until it returns all layers are needed; a VMM that dies meanwhile has lost nothing.
    /// </summary>
    /// <param name="index">In the order of the launch.</param>
    /// <param name="keep">How many of the lowest layers stay as they are; at least one.</param>
    /// <param name="cancellationToken">Ends the copying; returns when the VMM has stopped it, with all layers in use.</param>
    /// <exception cref="IOException">The VMM is gone, or could not copy: no room.</exception>
    Task FlattenDiskAsync(int index, int keep, CancellationToken cancellationToken);

    /// <summary>Ends the VMM at once and waits until it is gone.</summary>
    Task KillAsync();
}

using System.Diagnostics;
using Hearth.Engine.Disks;
using Hearth.Engine.Store;
using Hearth.Engine.Supervision;
using Hearth.Linux.Files;
using Hearth.Vmm;
using Hearth.Vmm.Qemu;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Engine.Snapshots;

// Theory of operation
//
// While the VM runs: what its disk has in the host's cache is written out, so that QEMU's flush finds little to do; an empty
// top layer is made. Then
//
//   1 the link is frozen (Frozen)          nothing is under way between guest and supervisor
//   2 the vCPUs stop                       the pause begins
//   3 devices and private pages are saved  the pause depends on what was written, not on the memory's size
//   4 the disk's layers get second names, and the VM goes on in the new top layer
//   5 the vCPUs run, the link thaws        the pause ends
//   6 the memory file is linked or composed, everything is synced, the manifest is written
//
// The disk's chain is written down before QEMU switches: after a crash in between, the new top layer is empty and right.
// Whatever fails, steps 5 and 1 are undone: the VM goes on.

/// <summary>Freezes a VM that runs.</summary>
internal sealed class SnapshotCapture(VmModel vm, VmRun run, TimeProvider time)
{
    /// <summary>
    /// A delta up to this size is laid over the memory of each copy; a larger one is composed into a memory file that copies
    /// share. Where the line is best has not been measured: a restore pays for laying over, a freeze for composing.
    /// </summary>
    private const long MostDeltaBytes = 8 << 20;

    /// <summary>The writable disk among the disks of a launch (LaunchPlan).</summary>
    private const int WritableDiskIndex = 1;

    private TimeSpan _pause;
    private long _memoryBytes;

    /// <summary>Bytes of memory that were written while the VM stood still.</summary>
    public long MemoryBytes => _memoryBytes;

    /// <summary>How long the vCPUs stood still.</summary>
    public TimeSpan Pause => _pause;

    /// <exception cref="Hearth.Core.Errors.HearthException">The guest does not answer; QEMU refused.</exception>
    public async Task<FrozenState> CaptureAsync(CaptureRequest request, CancellationToken cancellationToken)
    {
        SyncDisk();
        DiskLayer? overlay = request.GoOn ? DiskChain.NewOverlay(vm, vm.Spec.DiskBytes) : null;
        IReadOnlyList<DiskLayer> layers;
        if (request.DiskOnly)
        {
            layers = await CaptureDiskOnlyAsync(request, overlay!, cancellationToken);
        }
        else
        {
            layers = await CaptureAllAsync(request, overlay, cancellationToken);
            ProvideMemory(request.Directory);
        }

        FrozenState state = new(request.Directory, Describe(request, layers));
        FrozenFiles.Sync(state);
        state.WriteManifest();
        return state;
    }

    private async Task<IReadOnlyList<DiskLayer>> CaptureAllAsync(CaptureRequest request, DiskLayer? overlay, CancellationToken cancellationToken)
    {
        bool stands = false;
        try
        {
            await run.FreezeAsync(cancellationToken);
            long start = Stopwatch.GetTimestamp();
            await run.Instance.PauseAsync(cancellationToken);
            stands = true;
            await run.Instance.SaveDevicesAsync(Path.Combine(request.Directory, FrozenState.DeviceFile), cancellationToken);
            _memoryBytes = run.Instance.SaveMemory(Path.Combine(request.Directory, FrozenState.DeltaFile));
            IReadOnlyList<DiskLayer> layers = await SetDiskAsideAsync(request, overlay, cancellationToken);
            if (request.GoOn)
            {
                await run.Instance.ResumeAsync(cancellationToken);
                stands = false;
            }

            _pause = Stopwatch.GetElapsedTime(start);
            return layers;
        }
        catch when (stands)
        {
            await run.Instance.ResumeAsync(CancellationToken.None);
            stands = false;
            throw;
        }
        finally
        {
            if (!stands)
            {
                run.Thaw();
            }
        }
    }

    /// <summary>The guest's file system is frozen, and clean on the disk, while its layers are set aside.</summary>
    private async Task<IReadOnlyList<DiskLayer>> CaptureDiskOnlyAsync(CaptureRequest request, DiskLayer overlay, CancellationToken cancellationToken)
    {
        await run.FreezeDiskAsync(frozen: true, cancellationToken);
        try
        {
            long start = Stopwatch.GetTimestamp();
            await run.Instance.PauseAsync(cancellationToken);
            try
            {
                return await SetDiskAsideAsync(request, overlay, cancellationToken);
            }
            finally
            {
                await run.Instance.ResumeAsync(CancellationToken.None);
                _pause = Stopwatch.GetElapsedTime(start);
            }
        }
        finally
        {
            await run.FreezeDiskAsync(frozen: false, CancellationToken.None);
        }
    }

    /// <summary>Names the disk's layers in the snapshot and lays the new one over them; a VM that ends keeps its disk as it is.</summary>
    private async Task<IReadOnlyList<DiskLayer>> SetDiskAsideAsync(CaptureRequest request, DiskLayer? overlay, CancellationToken cancellationToken)
    {
        if (request.Kind == FrozenKind.Suspended)
        {
            return [];
        }

        IReadOnlyList<DiskLayer> chain = DiskChain.Read(vm);
        List<DiskLayer> named = [];
        foreach (DiskLayer layer in chain)
        {
            string name = FrozenState.DiskFile(named.Count);
            HardLink.Create(layer.Path, Path.Combine(request.Directory, name));
            named.Add(layer with { Path = name });
        }

        if (overlay is not null)
        {
            DiskChain.Write(vm, [.. chain, overlay]);
            try
            {
                await run.Instance.OverlayDiskAsync(WritableDiskIndex, overlay, cancellationToken);
            }
            catch
            {
                DiskChain.Write(vm, chain);
                throw;
            }
        }

        return named;
    }

    /// <summary>Puts the memory file beside the delta: the one that the VM was made from, or one with all in it.</summary>
    private void ProvideMemory(string directory)
    {
        string memory = Path.Combine(directory, FrozenState.MemoryFile);
        string delta = Path.Combine(directory, FrozenState.DeltaFile);
        bool isChild = File.Exists(vm.MemoryBase);
        if (isChild && _memoryBytes <= MostDeltaBytes)
        {
            HardLink.Create(vm.MemoryBase, memory);
            return;
        }

        QemuEngine.CreateMemoryFile(memory, vm.Spec.MemoryBytes);
        using (SafeFileHandle target = File.OpenHandle(memory, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        using (SafeFileHandle pages = File.OpenHandle(delta, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
        {
            if (isChild)
            {
                using SafeFileHandle source = File.OpenHandle(vm.MemoryBase, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                SparseFile.CopyData(source, target);
            }

            MemoryDelta.Read(pages, delta).CopyPages(pages, (offset, bytes) => RandomAccess.Write(target, bytes, offset));
        }

        File.Delete(delta);
    }

    private void SyncDisk()
    {
        using SafeFileHandle disk = File.OpenHandle(DiskChain.Read(vm)[^1].Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.FlushToDisk(disk);
    }

    private FrozenManifest Describe(CaptureRequest request, IReadOnlyList<DiskLayer> layers) => new()
    {
        Kind = request.Kind,
        Name = request.Name,
        Created = time.GetUtcNow(),
        Engine = HostIdentity.Of(AccelOf(run.Instance.Description)),
        Accel = run.Instance.Description,
        Kernel = run.KernelDigest,
        Image = vm.Spec.Image,
        ImageId = vm.Spec.ImageId,
        Vcpus = vm.Spec.Vcpus,
        MemoryBytes = vm.Spec.MemoryBytes,
        DiskBytes = vm.Spec.DiskBytes,
        MemoryModified = FrozenState.ModifiedTicks(Path.Combine(request.Directory, FrozenState.MemoryFile)),
        Disk = layers,
        Spec = vm.Spec,
        StartedAt = vm.State.StartedAt,
        DiskOnly = request.DiskOnly,
    };

    private static AccelDecision AccelOf(string description) => new(description.EndsWith("/kvm", StringComparison.Ordinal), "it was so when the VM was started");
}

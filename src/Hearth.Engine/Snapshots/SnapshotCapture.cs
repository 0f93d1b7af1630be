using Hearth.Core.Errors;
using Hearth.Engine.Disks;
using Hearth.Engine.Failpoints;
using Hearth.Engine.Shares;
using Hearth.Engine.Store;
using Hearth.Engine.Supervision;
using Hearth.Linux.Files;
using Hearth.Vmm;
using Hearth.Vmm.Qemu;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Engine.Snapshots;

// Theory of operation
//
// Whatever needs no standing guest is done while it runs: what its disk has in the host's cache is written out, so that
// QEMU's flush finds little to do; an empty top layer is made and opened, the disk's layers get second names, the files are
// there, and so is the memory that pages are copied to. Then
//
//   0 the shares are held (ShareServers)   no operation on the host's files is under way; what the guest knows of them is written
//   1 the link is frozen (Frozen)          nothing is under way between guest and supervisor
//   2 the vCPUs stop                       the pause begins
//   3 devices and private pages are saved  the pause depends on what was written, not on the memory's size
//   4 the VM's disk goes on in the new top layer
//   5 the vCPUs run, the link thaws        the pause ends
//   6 pages are written; the memory file is linked or composed, everything is synced, the manifest is written
//
// The disk's chain is written down before QEMU switches: after a crash in between, the new top layer is empty and right.
// Whatever fails, steps 5 and 1 are undone: the VM goes on.

/// <summary>Freezes a VM that runs.</summary>
internal sealed class SnapshotCapture(VmModel vm, VmRun run, ShareServers? shares, TimeProvider time)
{
    /// <summary>The vCPUs are stopped, and the link is frozen.</summary>
    private bool _stands;

    /// <summary>Bytes of memory that the VM has beyond the file that it was started from.</summary>
    public long MemoryBytes { get; private set; }

    /// <summary>What the vCPUs stood still for: milliseconds by step.</summary>
    public IReadOnlyDictionary<string, double> Stages { get; private set; } = new Dictionary<string, double>();

    /// <summary>How long the vCPUs stood still.</summary>
    public TimeSpan Pause => TimeSpan.FromMilliseconds(Stages.Values.Sum());

    /// <exception cref="HearthException">The guest does not answer; QEMU refused.</exception>
    public async Task CaptureAsync(CaptureRequest request, CancellationToken cancellationToken)
    {
        RequireCapturable(request);
        SyncDisk();
        try
        {
            await CaptureFilesAsync(request, cancellationToken);
        }
        catch when (_stands)
        {
            await LetGoAsync();
            throw;
        }
    }

    /// <summary>Undoes steps 2 and 1. A VMM that refuses that is ended: its guest would stand still for ever.</summary>
    private async Task LetGoAsync()
    {
        try
        {
            await run.Instance.ResumeAsync(CancellationToken.None);
        }
        catch (IOException e) when (e.InnerException is not TimeoutException)
        {
            await run.Instance.KillAsync();
        }
        catch (IOException)
        {
            // It stands still itself, and does that first of all when it goes on.
        }

        run.Thaw();
        await LetSharesGoAsync();
    }

    /// <summary>Before the link is frozen, while the guest runs: its processes that use the host's files wait from here on.</summary>
    private async Task HoldSharesAsync(CaptureRequest request, CancellationToken cancellationToken)
    {
        if (shares is not null)
        {
            await shares.HoldAsync(run.Agent, cancellationToken);
            await File.WriteAllBytesAsync(Path.Combine(request.Directory, FrozenState.SharesFile), shares.Save(), cancellationToken);
        }
    }

    /// <summary>A guest that does not answer now has ended, or ends: that is told elsewhere.</summary>
    private async Task LetSharesGoAsync()
    {
        try
        {
            await (shares?.LetGoAsync(run.Agent) ?? Task.CompletedTask);
        }
        catch (HearthException)
        {
        }
    }

    private async Task CaptureFilesAsync(CaptureRequest request, CancellationToken cancellationToken)
    {
        // The VM may end while its pages are written, and its name for the memory below them goes with it.
        string memory = Path.Combine(request.Directory, FrozenState.MemoryFile);
        bool isChild = !request.DiskOnly && File.Exists(vm.MemoryBase);
        if (isChild)
        {
            HardLink.Create(vm.MemoryBase, memory);
        }

        await Failpoint.ReachAsync(ChainSteps.CaptureAsked, run.Instance);
        List<DiskLayer> layers = [];
        if (request.Kind == FrozenKind.Suspended)
        {
            await CaptureAllAsync(request, null, cancellationToken);
        }
        else
        {
            layers = await CaptureWithDiskAsync(request, cancellationToken);
        }

        bool linked = !request.DiskOnly && ProvideMemory(request, isChild);
        await Failpoint.ReachAsync(ChainSteps.CaptureMemoryThere, run.Instance);
        FrozenState state = new(request.Directory, Describe(request, layers));
        FrozenFiles.Sync(state, linked ? [FrozenState.MemoryFile] : (string[])[]); // That one was synced when it was frozen.
        await Failpoint.ReachAsync(ChainSteps.CaptureSynced, run.Instance);
        state.WriteManifest();
        await Failpoint.ReachAsync(ChainSteps.CaptureComplete, run.Instance);
    }

    /// <summary>
    /// Names the disk's layers in the snapshot and has the VM go on in a new one over them; also when the VM ends now, because it
    /// may be started again.
    /// </summary>
    private async Task<List<DiskLayer>> CaptureWithDiskAsync(CaptureRequest request, CancellationToken cancellationToken)
    {
        IReadOnlyList<DiskLayer> chain = DiskChain.Read(vm);
        List<DiskLayer> named = [];
        foreach (DiskLayer layer in chain)
        {
            string name = FrozenState.DiskFile(named.Count);
            HardLink.Create(layer.Path, Path.Combine(request.Directory, name));
            named.Add(layer with { Path = name });
        }

        await Failpoint.ReachAsync(ChainSteps.CaptureLayersNamed, run.Instance);
        DiskLayer top = DiskChain.NewOverlay(vm, vm.Spec.DiskBytes);
        IVmOverlay? overlay = null;
        try
        {
            overlay = await run.Instance.PrepareOverlayAsync(DiskChain.WritableDiskIndex, top, cancellationToken);
            await Failpoint.ReachAsync(ChainSteps.CaptureLayerOpen, run.Instance);
            DiskChain.Write(vm, [.. chain, top]);
            await Failpoint.ReachAsync(ChainSteps.CaptureChainWritten, run.Instance);
            await (request.DiskOnly ? CaptureDiskOnlyAsync(overlay, cancellationToken) : CaptureAllAsync(request, overlay, cancellationToken));
        }
        catch when (overlay is not { IsLaidOver: true })
        {
            DiskChain.Write(vm, chain);
            File.Delete(top.Path);
            throw;
        }
        finally
        {
            await (overlay?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        return named;
    }

    private async Task CaptureAllAsync(CaptureRequest request, IVmOverlay? overlay, CancellationToken cancellationToken)
    {
        await using IVmSave save = await run.Instance.PrepareSaveAsync(
            Path.Combine(request.Directory, FrozenState.DeviceFile), Path.Combine(request.Directory, FrozenState.DeltaFile), cancellationToken);
        await Failpoint.ReachAsync(ChainSteps.CapturePrepared, run.Instance);
        try
        {
            await HoldSharesAsync(request, cancellationToken);
            await run.FreezeAsync(cancellationToken);
            await Failpoint.ReachAsync(ChainSteps.CaptureFrozen, run.Instance);
            StageClock clock = new();
            await run.Instance.PauseAsync(cancellationToken);
            _stands = true;
            run.RequireLink();
            clock.Lap("stop");
            await Failpoint.ReachAsync(ChainSteps.CaptureStopped, run.Instance);
            await save.TakeAsync(cancellationToken);
            clock.Lap("save");
            await Failpoint.ReachAsync(ChainSteps.CaptureSaved, run.Instance);
            await (overlay?.LayOverAsync() ?? Task.CompletedTask);
            clock.Lap("disk");
            await Failpoint.ReachAsync(ChainSteps.CaptureLaidOver, run.Instance);
            if (request.GoOn)
            {
                await run.Instance.ResumeAsync(cancellationToken);
                _stands = false;
            }

            clock.Lap("go on");
            Stages = clock.Stages;
            await Failpoint.ReachAsync(ChainSteps.CaptureGoesOn, run.Instance);
        }
        finally
        {
            if (!_stands)
            {
                run.Thaw();
                await LetSharesGoAsync();
            }
        }

        await Failpoint.ReachAsync(ChainSteps.CaptureThawed, run.Instance);
        MemoryBytes = await save.FinishAsync(cancellationToken);
        await Failpoint.ReachAsync(ChainSteps.CapturePagesWritten, run.Instance);
    }

    /// <summary>The guest's file system is frozen, and clean on the disk, while its layers are set aside.</summary>
    private async Task CaptureDiskOnlyAsync(IVmOverlay overlay, CancellationToken cancellationToken)
    {
        await run.FreezeDiskAsync(frozen: true, cancellationToken);
        try
        {
            await Failpoint.ReachAsync(ChainSteps.DiskFrozen, run.Instance);
            StageClock clock = new();
            await run.Instance.PauseAsync(cancellationToken);
            try
            {
                clock.Lap("stop");
                await Failpoint.ReachAsync(ChainSteps.DiskStopped, run.Instance);
                await overlay.LayOverAsync();
                clock.Lap("disk");
                await Failpoint.ReachAsync(ChainSteps.DiskLaidOver, run.Instance);
            }
            finally
            {
                await run.Instance.ResumeAsync(CancellationToken.None);
                clock.Lap("go on");
                Stages = clock.Stages;
            }

            await Failpoint.ReachAsync(ChainSteps.DiskGoesOn, run.Instance);
        }
        finally
        {
            await run.FreezeDiskAsync(frozen: false, CancellationToken.None);
        }

        await Failpoint.ReachAsync(ChainSteps.DiskThawed, run.Instance);
    }

    /// <summary>Leaves the memory file that the VM was made from beside the delta (true), or puts one with all in its place.</summary>
    private bool ProvideMemory(CaptureRequest request, bool isChild)
    {
        string memory = Path.Combine(request.Directory, FrozenState.MemoryFile);
        string below = memory + ".base";
        string delta = Path.Combine(request.Directory, FrozenState.DeltaFile);
        if (isChild)
        {
            if (!DeltaPolicy.IsComposed(MemoryBytes, AllocatedSize.OfFile(memory), request.Copies))
            {
                return true;
            }

            File.Move(memory, below);
        }

        QemuEngine.CreateMemoryFile(memory, vm.Spec.MemoryBytes);
        using (SafeFileHandle target = File.OpenHandle(memory, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        using (SafeFileHandle pages = File.OpenHandle(delta, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
        {
            if (isChild)
            {
                using SafeFileHandle source = File.OpenHandle(below, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                SparseFile.CopyData(source, target);
            }

            MemoryDelta.Read(pages, delta).CopyPages(pages, (offset, bytes) => RandomAccess.Write(target, bytes, offset));
        }

        File.Delete(below);
        File.Delete(delta);
        return false;
    }

    /// <summary>Before anything is touched: a copy maps a memory file, which is not in huge pages.</summary>
    private void RequireCapturable(CaptureRequest request)
    {
        if (vm.Spec.HugePages && !request.DiskOnly)
        {
            throw new HearthException(
                "snapshot.hugepages",
                $"VM {vm.Name} cannot be frozen with its memory: it is in huge pages (--hugepages), and copies share a file that is not.",
                "'hearth snapshot create --disk-only' keeps its disk; or run it without --hugepages.");
        }
    }

    private void SyncDisk()
    {
        if (DiskChain.Read(vm) is not [.., var top])
        {
            throw new FileNotFoundException($"{vm.DisksDirectory} is missing, or empty.");
        }

        using SafeFileHandle disk = File.OpenHandle(top.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
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
        StartedAt = request.Kind == FrozenKind.Template ? null : vm.State.StartedAt,
        DiskOnly = request.DiskOnly,
        SharePorts = run.Instance.Ports.Count,
    };

    private static AccelDecision AccelOf(string description) => new(description.EndsWith("/kvm", StringComparison.Ordinal), "it was so when the VM was started");
}

using Hearth.Engine.Store;
using Hearth.Vmm;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Engine.Disks;

// Theory of operation
//
// Every live snapshot, and every copy of a copy, lays one more layer over a disk. QEMU looks for a block from the top down:
// reading 4 KiB from under 8 layers takes 11 us, as from under one; under 16 it takes 18, under 32 29, under 64 63 (qemu-img
// bench, cached, least of three). So a chain may grow to MostLayers; then QEMU copies what lies between the lowest layer and
// the top into the top (block-stream), and both stay. The lowest is the one that is large: it is shared and never copied.
//
//   copying    QEMU reads the layers in between, writes the top; chain.json names all of them, and that is right: what was
//              copied is the same as what lies below
//   copied     QEMU has let go of the layers in between and flushed the top; the top is synced
//   written    chain.json names two layers
//   freed      the VM's own names of the others are removed; snapshots have names of their own
//
// A crash before "written" leaves the old chain, after it the new one; files without a name in chain.json go with the next
// flattening, rollback or with the VM. While a VM is captured nothing may be copied: the capture ends the job, and begins it
// anew afterwards. A VM that is captured faster than a job can end would grow without a bound: from ManyLayers on a capture
// waits for the job.

/// <summary>Keeps the chain of a running VM's disk short.</summary>
/// <param name="vm">The VM.</param>
/// <param name="instance">Its VMM.</param>
/// <param name="flattened">Told how many layers there were, and are.</param>
/// <param name="failed">Told why a job failed; the chain stays as it was.</param>
internal sealed class DiskFlattening(VmModel vm, IVmInstance instance, Action<int, int> flattened, Action<string> failed) : IDisposable
{
    public const int MostLayers = 8;
    private const int ManyLayers = 4 * MostLayers;

    /// <summary>The lowest layer stays as it is.</summary>
    private const int Kept = 1;

    /// <summary>Guards the three below; nothing is awaited under it.</summary>
    private readonly Lock _lock = new();
    private CancellationTokenSource? _cancel;
    private Task _job = Task.CompletedTask;
    private int _holds;

    /// <summary>Begins to flatten, if the chain is long and nobody holds it.</summary>
    public void Start()
    {
        lock (_lock)
        {
            if (_holds > 0 || !_job.IsCompleted || DiskChain.Read(vm).Count <= MostLayers)
            {
                return;
            }

            _cancel?.Dispose();
            _cancel = new CancellationTokenSource();
            _job = RunAsync(_cancel.Token);
        }
    }

    /// <summary>Ends a job that runs, and keeps others from beginning, until <see cref="Release"/>.</summary>
    public async Task HoldAsync()
    {
        Task job;
        CancellationTokenSource? cancel;
        lock (_lock)
        {
            _holds++;
            (job, cancel) = (_job, _cancel);
        }

        if (!job.IsCompleted && DiskChain.Read(vm).Count < ManyLayers)
        {
            await cancel!.CancelAsync();
        }

        await job;
    }

    public void Release()
    {
        lock (_lock)
        {
            _holds--;
        }

        Start();
    }

    /// <summary>Preconditions: held, so that no job runs.</summary>
    public void Dispose() => _cancel?.Dispose();

    /// <summary>Never fails.</summary>
    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<DiskLayer> chain = DiskChain.Read(vm);
            await instance.FlattenDiskAsync(DiskChain.WritableDiskIndex, Kept, cancellationToken);
            DiskLayer[] rest = [.. chain.Take(Kept), chain[^1]];
            using (SafeFileHandle top = File.OpenHandle(rest[^1].Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
            {
                RandomAccess.FlushToDisk(top);
            }

            DiskChain.Write(vm, rest);
            DiskChain.RemoveOthers(vm, rest);
            flattened(chain.Count, rest.Length);
        }
        catch (OperationCanceledException)
        {
            // A capture comes first.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            failed(e.Message);
        }
    }
}

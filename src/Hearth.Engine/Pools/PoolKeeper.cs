using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Core.Units;
using Hearth.Engine.Client;
using Hearth.Engine.Store;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;
using Hearth.Protocol.Control;

namespace Hearth.Engine.Pools;

/// <summary>Makes what stands ready what is wished.</summary>
public sealed class PoolKeeper(HearthPaths paths)
{
    /// <summary>A spare ends in tens of milliseconds; one that does not is killed.</summary>
    private static readonly TimeSpan s_endTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Runs may take spares as fast as they come: filling is not for ever.</summary>
    private const int Rounds = 3;

    private readonly SpareStore _spares = new(paths);

    /// <summary>The spares of a pool that live.</summary>
    public IReadOnlyList<SpareRecord> SparesOf(string pool) => [.. _spares.List().Where(spare => spare.Pool == pool)];

    /// <summary>Refuses a pool whose VMs would not find the memory that they were promised.</summary>
    /// <param name="wish">Of every VM its whole memory counts, and what its VMM needs: it is to be had when the VM is taken.</param>
    /// <param name="present">How many of it stand ready, and have a part of theirs already.</param>
    /// <param name="availableBytes">What the host can give.</param>
    /// <exception cref="HearthException"><c>pool.memory</c>.</exception>
    public static void RequireMemory(PoolWish wish, int present, long availableBytes)
    {
        long each = wish.MemoryBytes + VmLimits.OverheadBytes;
        long missing = Math.Max(0, wish.Count - present);
        if (missing * each > availableBytes)
        {
            throw new HearthException(
                "pool.memory",
                $"A pool of {wish.Count} VMs of {wish.Image} needs {new ByteSize(missing * each)} of memory; the host has {new ByteSize(availableBytes)} to give.",
                $"Keep {availableBytes / each + present} or fewer, or give less memory to each (-m).");
        }
    }

    /// <summary>Ends what does not fit the wish any more, starts what is missing, and waits until all stand ready.</summary>
    /// <param name="wish">As it is in the store.</param>
    /// <param name="shape">The key of the template that its VMs start from.</param>
    /// <param name="cancellationToken">Ends the wait; what was started goes on.</param>
    /// <exception cref="HearthException"><c>spare.failed</c>.</exception>
    public async Task FillAsync(PoolWish wish, string shape, CancellationToken cancellationToken)
    {
        // A spare that was there at the count may have been on its way to its end, because the pool had been taken away before: then once more.
        for (int round = 0; round < Rounds; round++)
        {
            _spares.Sweep();
            ILookup<bool, SpareRecord> present = SparesOf(wish.Key).ToLookup(spare => spare.Shape == shape);
            await EndAsync([.. present[false], .. present[true].OrderBy(static spare => spare.Status).Skip(wish.Count)]);
            int missing = Math.Max(0, wish.Count - present[true].Count());
            if (round > 0 && missing == 0)
            {
                return;
            }

            await StartAsync(wish.Key, missing, cancellationToken);
        }
    }

    private async Task StartAsync(string pool, int count, CancellationToken cancellationToken)
    {
        ParallelOptions options = new() { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, count), options, async (_, cancel) => await SpareLauncher.StartAsync(paths, pool, cancel));
        IReadOnlyList<SpareRecord> all = SparesOf(pool);
        await _spares.WaitForTurnAsync(cancellationToken);
        await Task.WhenAll(all.Where(static spare => spare.Status == SpareStatus.Starting).Select(spare => WaitReadyAsync(spare, cancellationToken)));
    }

    /// <summary>One that somebody else has started: after a run, or before an interrupt.</summary>
    private async Task WaitReadyAsync(SpareRecord spare, CancellationToken cancellationToken)
    {
        try
        {
            await ControlConnection.CallAsync(spare.ToModel(paths), new WaitStartedRequest(), cancellationToken);
        }
        catch (HearthException)
        {
            // It has ended, or was taken.
        }
    }

    /// <summary>Ends spares, their processes included. One that somebody takes at that moment is a VM and stays.</summary>
    public Task EndAsync(IEnumerable<SpareRecord> spares) => Task.WhenAll(spares.Select(EndAsync));

    private async Task EndAsync(SpareRecord spare)
    {
        string directory = paths.Vm(spare.Id);
        if (!Directory.Exists(directory))
        {
            return; // It ended by itself.
        }

        Task<FileLock> gone = FileLock.AcquireAsync(VmModel.SupervisorLockIn(directory), FileLockMode.Shared, CancellationToken.None);
        try
        {
            await ControlConnection.CallAsync(spare.ToModel(paths), new StopRequest(Discard: true), CancellationToken.None).WaitAsync(s_endTimeout);
            if (!VmFiles.HasSpec(directory))
            {
                (await gone.WaitAsync(s_endTimeout)).Dispose();
            }
        }
        catch (Exception e) when (e is HearthException or TimeoutException)
        {
            if (!VmFiles.HasSpec(directory))
            {
                ProcessTable.Kill(spare.Supervisor);
                (await gone.WaitAsync(s_endTimeout)).Dispose();
                _spares.Sweep();
            }
        }
    }
}

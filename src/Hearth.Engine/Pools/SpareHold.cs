using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Client;
using Hearth.Engine.Store;
using Hearth.Engine.Supervision;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;
using Hearth.Protocol;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Engine.Pools;

/// <summary>A spare that this client has claimed. Disposing before it became a VM's supervisor ends it.</summary>
public sealed class SpareHold : IAsyncDisposable
{
    /// <summary>It answers in a millisecond, on a busy machine in tens; a boot takes longer than this wait.</summary>
    private static readonly TimeSpan s_answerTimeout = TimeSpan.FromSeconds(2);

    private readonly HearthPaths _paths;
    private readonly SpareRecord _spare;
    private ControlConnection? _connection;

    private SpareHold(HearthPaths paths, SpareRecord spare, ControlConnection connection)
    {
        _paths = paths;
        _spare = spare;
        _connection = connection;
    }

    /// <summary>The id that the VM will have.</summary>
    public string Id => _spare.Id;

    /// <summary>Claims a spare that a VM can go on from; null when there is none. Nothing that is wrong with a spare is the caller's matter.</summary>
    /// <param name="paths">The home.</param>
    /// <param name="spec">The VM that is wanted; its names do not matter.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="HearthException">What the VM needs is missing.</exception>
    public static async Task<SpareHold?> TryClaimAsync(HearthPaths paths, VmSpec spec, CancellationToken cancellationToken)
    {
        if (!MayUse(spec) || new SpareStore(paths).List() is not { Count: > 0 } spares)
        {
            return null;
        }

        string shape = (await LaunchPlan.FindShapeAsync(paths, spec, cancellationToken)).Key();
        SpareRecord[] fitting = [.. Fitting(spares, shape)];
        Random.Shared.Shuffle(fitting);
        foreach (SpareRecord spare in fitting)
        {
            if (await TryClaimAsync(paths, spare, cancellationToken) is { } hold)
            {
                return hold;
            }
        }

        return null;
    }

    /// <summary>Whether a spare can be what is asked for: bounds on the host are set before a VMM starts, huge pages are not a file's, an application that is ready has a template of its own, and a spare's network is rootless and has no bound.</summary>
    internal static bool MayUse(VmSpec spec) => spec is { Template: true, SnapshotWhen: null, HugePages: false, Limits: null, Network: null or { Mode: NetworkMode.Rootless, BitsPerSecond: null, Networks.Count: 0 } };

    /// <summary>The spares of a shape that can be taken.</summary>
    internal static IEnumerable<SpareRecord> Fitting(IEnumerable<SpareRecord> spares, string shape) =>
        spares.Where(spare => spare.Status == SpareStatus.Ready && spare.Shape == shape);

    /// <summary>Makes it the supervisor of its VM, which is in the store now. Null when it could not: the VM is then like any that was never started.</summary>
    public async Task<SupervisorLifeline?> TryBecomeAsync(VmModel vm, bool foreground, CancellationToken cancellationToken)
    {
        try
        {
            ControlConnection connection = _connection!;
            await connection.Writer.WriteJsonAsync(FrameType.Request, new BecomeRequest(foreground), ProtocolJson.Default.ControlRequest, cancellationToken);
            if (await ReadReplyAsync(connection, cancellationToken))
            {
                _connection = null;
                return new ConnectionLifeline(connection, vm, foreground);
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or TimeoutException)
        {
            // It died, or stands still.
        }

        await DisposeAsync();
        Clean(vm);
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync();
        }
    }

    private static async Task<SpareHold?> TryClaimAsync(HearthPaths paths, SpareRecord spare, CancellationToken cancellationToken)
    {
        ControlConnection? connection = null;
        try
        {
            connection = await ControlConnection.ConnectAsync(spare.ToModel(paths), new ClaimRequest(spare.Shape), cancellationToken).WaitAsync(s_answerTimeout, cancellationToken);
            if (await ReadReplyAsync(connection, cancellationToken))
            {
                SpareHold hold = new(paths, spare, connection);
                connection = null;
                return hold;
            }
        }
        catch (Exception e) when (e is HearthException or IOException or InvalidDataException or TimeoutException)
        {
            // Dead, or somebody else's, or it stands still: the next.
        }
        finally
        {
            if (connection is not null)
            {
                await connection.DisposeAsync();
            }
        }

        return null;
    }

    private static async Task<bool> ReadReplyAsync(ControlConnection connection, CancellationToken cancellationToken)
    {
        ValueTask<Frame?> answer = connection.Reader.ReadAsync(cancellationToken);
        Frame? frame = answer.IsCompletedSuccessfully ? answer.Result : await answer.AsTask().WaitAsync(s_answerTimeout, cancellationToken);
        return frame is { Type: FrameType.Reply };
    }

    /// <summary>Takes away what the spare had and an ordinary start makes anew.</summary>
    private void Clean(VmModel vm)
    {
        ProcessTable.Kill(_spare.Supervisor);

        // The kernel gives its lock back when it is gone.
        using (FileLock gone = FileLock.AcquireAsync(vm.SupervisorLock, FileLockMode.Shared, CancellationToken.None).GetAwaiter().GetResult())
        {
            Reconciler.Release(_spare.Id, _spare.Cgroup);
            File.Delete(vm.ControlSocket);
            File.Delete(vm.MemoryBase);
            File.Delete(vm.WritableDisk);
            new SpareStore(_paths).Forget(_spare.Id);
        }
    }
}

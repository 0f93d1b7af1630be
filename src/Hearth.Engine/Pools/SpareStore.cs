using System.Text.Json;
using Hearth.Core.Storage;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Store;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;

namespace Hearth.Engine.Pools;

/// <summary>
/// The spares of a home: a record <c>spares/&lt;id&gt;.json</c> and a directory <c>vms/&lt;id&gt;/</c> without a spec, which is no VM yet. They are not
/// somewhere else and moved when they are taken: sockets, console and memory of a running guest are known by their paths.
/// </summary>
public sealed class SpareStore(HearthPaths paths)
{
    private const string Suffix = ".json";

    /// <summary>All spares whose supervisor lives.</summary>
    public IReadOnlyList<SpareRecord> List() => [.. Read().Where(static spare => ProcessTable.IsAlive(spare.Supervisor))];

    /// <summary>Ends and removes what spares left whose supervisor was killed. Doing it twice, or two at once, is harmless.</summary>
    public void Sweep()
    {
        foreach (SpareRecord dead in Read().Where(static spare => !ProcessTable.IsAlive(spare.Supervisor)))
        {
            ReleaseDead(dead);
            Discard(dead.Id);
        }
    }

    /// <summary>As <see cref="Sweep"/>, and directories that no VM and no spare is known for: a machine that went down leaves them.</summary>
    public void SweepAll()
    {
        Sweep();

        // In this order: what is taken just now has a spec before it loses its record.
        foreach (string directory in Directory.EnumerateDirectories(paths.Vms)
            .Where(directory => !VmFiles.HasSpec(directory) && !File.Exists(FileOf(Path.GetFileName(directory))) && !VmFiles.HasSpec(directory)))
        {
            DoomedDirectory.Remove(directory, paths.Staging);
        }
    }

    /// <summary>Announces a spare when its pool wants one more: the calling process is its supervisor.</summary>
    /// <param name="spare">The spare.</param>
    /// <param name="wanted">How many its pool wants.</param>
    /// <param name="listen">Opens its control socket, once its directory is there and before <see cref="WaitForTurnAsync"/> returns to others.</param>
    /// <param name="cancellationToken">Ends the wait for the turn.</param>
    /// <returns>False when there are enough.</returns>
    internal async Task<bool> TryRegisterAsync(SpareRecord spare, int wanted, Action listen, CancellationToken cancellationToken)
    {
        using FileLock turn = await TurnAsync(cancellationToken);
        if (List().Count(other => other.Pool == spare.Pool && other.Shape == spare.Shape) >= wanted)
        {
            return false;
        }

        Write(spare);
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(paths.Vm(spare.Id), OwnerOnly);
        Directory.CreateDirectory(Path.Combine(paths.Vm(spare.Id), "disks"), OwnerOnly);
        listen();
        return true;
    }

    /// <summary>Returns when every spare that had a record at the call has its control socket, or is gone.</summary>
    internal async Task WaitForTurnAsync(CancellationToken cancellationToken) => (await TurnAsync(cancellationToken)).Dispose();

    private Task<FileLock> TurnAsync(CancellationToken cancellationToken) => FileLock.AcquireAsync(Path.Combine(paths.Locks, "spares"), cancellationToken);

    /// <summary>Not synced: a spare ends with the machine.</summary>
    internal void Write(SpareRecord spare) =>
        AtomicFile.Write(FileOf(spare.Id), JsonSerializer.SerializeToUtf8Bytes(spare, PoolJson.Default.SpareRecord), durable: false);

    /// <summary>It was taken, and is a VM like any other.</summary>
    internal void Forget(string id) => File.Delete(FileOf(id));

    /// <summary>Removes the files of a spare that has ended; those of a VM that it became stay.</summary>
    internal void Discard(string id)
    {
        if (!VmFiles.HasSpec(paths.Vm(id)))
        {
            DoomedDirectory.Remove(paths.Vm(id), paths.Staging);
        }

        Forget(id);
    }

    /// <summary>It may have died just after it was taken, and its VM may run again: then that is left alone.</summary>
    private void ReleaseDead(SpareRecord dead)
    {
        string directory = paths.Vm(dead.Id);
        using FileLock? idle = Directory.Exists(directory) ? FileLock.TryAcquire(VmModel.SupervisorLockIn(directory)) : null;
        if (idle is not null || !Directory.Exists(directory))
        {
            Reconciler.Release(dead.Id, dead.Cgroup);
        }
    }

    private string FileOf(string id) => Path.Combine(paths.Spares, id + Suffix);

    private IEnumerable<SpareRecord> Read() => Directory.EnumerateFiles(paths.Spares, "*" + Suffix).Select(TryRead).OfType<SpareRecord>();

    /// <summary>Null when it was taken meanwhile, or when a newer program wrote it: then that knows what to do with it.</summary>
    private static SpareRecord? TryRead(string path)
    {
        try
        {
            SpareRecord? spare = JsonSerializer.Deserialize(File.ReadAllBytes(path), PoolJson.Default.SpareRecord);
            return spare is { Version: <= SpareRecord.CurrentVersion } && spare.Id == Path.GetFileNameWithoutExtension(path) ? spare : null;
        }
        catch (Exception e) when (e is FileNotFoundException or JsonException)
        {
            return null;
        }
    }
}

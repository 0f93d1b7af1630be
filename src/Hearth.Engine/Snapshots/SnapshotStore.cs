using Hearth.Core.Errors;
using Hearth.Core.Storage;
using Hearth.Linux.Files;

namespace Hearth.Engine.Snapshots;

/// <summary>The snapshots of a home: <c>snapshots/&lt;name&gt;/</c>, complete when they are there.</summary>
public sealed class SnapshotStore(HearthPaths paths)
{
    /// <exception cref="HearthException"><c>snapshot.not-found</c>, <c>snapshot.corrupt</c>, <c>snapshot.newer</c>.</exception>
    public FrozenState Require(string name) => Find(name) ?? throw NotFound(name);

    /// <summary>Null when there is none of that name.</summary>
    public FrozenState? Find(string name) => SnapshotName.IsValid(name) ? FrozenState.TryOpen(Path.Combine(paths.Snapshots, name)) : null;

    /// <summary>The newest first.</summary>
    public IReadOnlyList<FrozenState> List()
    {
        List<FrozenState> all = [.. Directory.EnumerateDirectories(paths.Snapshots).Select(FrozenState.TryOpen).OfType<FrozenState>()];
        all.Sort(static (a, b) => b.Manifest.Created.CompareTo(a.Manifest.Created));
        return all;
    }

    /// <summary>Gives a finished state its name.</summary>
    /// <param name="directory">Renamed into place.</param>
    /// <param name="name">Must be free.</param>
    /// <exception cref="HearthException"><c>snapshot.exists</c>.</exception>
    public FrozenState Publish(string directory, string name)
    {
        string place = Path.Combine(paths.Snapshots, name);
        using FileLock turn = FileLock.AcquireAsync(Path.Combine(paths.Locks, "snapshots"), CancellationToken.None).GetAwaiter().GetResult();
        RequireFree(name);
        if (Directory.Exists(place))
        {
            Directory.Delete(place, recursive: true); // Without a manifest: half a removal by hand.
        }

        Directory.Move(directory, place);
        return Require(name);
    }

    /// <exception cref="HearthException"><c>snapshot.exists</c>, <c>snapshot.name</c>.</exception>
    public void RequireFree(string name)
    {
        SnapshotName.Require(name);
        if (Find(name) is not null)
        {
            throw new HearthException("snapshot.exists", $"There is a snapshot '{name}' already.", $"Remove it ('hearth snapshot rm {name}') or choose another name.");
        }
    }

    /// <summary>Removes it; VMs that were made from it keep what they need.</summary>
    /// <exception cref="HearthException"><c>snapshot.not-found</c>.</exception>
    public void Remove(string name)
    {
        if (!SnapshotName.IsValid(name) || !DoomedDirectory.Remove(Path.Combine(paths.Snapshots, name), paths.Staging))
        {
            throw NotFound(name);
        }
    }

    private static HearthException NotFound(string name) => new("snapshot.not-found", $"No such snapshot: {name}", "'hearth snapshot ls' lists them.", 1);
}

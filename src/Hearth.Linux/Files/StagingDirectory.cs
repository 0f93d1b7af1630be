using Hearth.Core.Storage;

namespace Hearth.Linux.Files;

/// <summary>
/// A directory below <c>staging/</c> for half-made things, gone with <see cref="Dispose"/>. Its owner holds a lock on
/// <c>.owner</c> in it; a directory whose lock is free belonged to a process that died, and whoever comes next for the same purpose removes it.
/// </summary>
/// <remarks>
/// Invariant: directories appear, get their owner, and disappear under the leaf lock <c>locks/staging</c>, or one could be taken for abandoned
/// before its owner has locked it, or while it goes. What is in them is deleted outside of it: a kernel's source tree took 48 s on a busy disk,
/// which is also why a new VM does not clean up after a kernel build.
/// </remarks>
public sealed class StagingDirectory : IDisposable
{
    private const string OwnerName = ".owner";
    private const string KeptPrefix = "kept-";

    private readonly HearthPaths _paths;
    private readonly FileLock _owner;
    private readonly bool _kept;

    private StagingDirectory(HearthPaths paths, string path, FileLock owner, bool kept)
    {
        _paths = paths;
        Path = path;
        _owner = owner;
        _kept = kept;
    }

    public string Path { get; }

    /// <summary>Makes one, and removes those that dead owners had for the same purpose.</summary>
    /// <param name="paths">The home.</param>
    /// <param name="purpose">A word: <c>vm</c>, <c>image</c>, <c>kernel</c>.</param>
    /// <param name="cancellation">Ends the wait for the lock.</param>
    public static async Task<StagingDirectory> CreateAsync(HearthPaths paths, string purpose, CancellationToken cancellation)
    {
        List<StagingDirectory> abandoned;
        StagingDirectory created;
        using (await FileLock.AcquireAsync(LockFile(paths), cancellation))
        {
            abandoned = Adopt(paths, purpose + "-*");
            created = Make(paths, purpose)!;
        }

        abandoned.ForEach(static directory => directory.Remove());
        return created;
    }

    /// <summary>
    /// The directory of that name with what an earlier owner left in it, such as half a download. It stays until <see cref="Remove"/>, or
    /// until <see cref="SweepAsync"/> finds it without an owner.
    /// </summary>
    public static async Task<StagingDirectory> ResumeAsync(HearthPaths paths, string name, CancellationToken cancellation)
    {
        using FileLock held = await FileLock.AcquireAsync(LockFile(paths), cancellation);

        // Somebody is just sweeping it: the work begins anew elsewhere.
        return Make(paths, name, kept: true) ?? Make(paths, name)!;
    }

    /// <summary>Removes everything in staging whose owner is dead, also what could be resumed.</summary>
    public static async Task SweepAsync(HearthPaths paths, CancellationToken cancellation)
    {
        List<StagingDirectory> abandoned;
        using (await FileLock.AcquireAsync(LockFile(paths), cancellation))
        {
            abandoned = Adopt(paths, "*");
        }

        abandoned.ForEach(static directory => directory.Remove());
    }

    /// <summary>The directories of a purpose whose owners have died, as they are now: the next of that purpose removes them.</summary>
    public static IReadOnlyList<string> Abandoned(HearthPaths paths, string purpose)
    {
        using FileLock held = FileLock.AcquireAsync(LockFile(paths), CancellationToken.None).GetAwaiter().GetResult();
        List<StagingDirectory> adopted = Adopt(paths, purpose + "-*");
        adopted.ForEach(static directory => directory._owner.Dispose());
        return [.. adopted.Select(static directory => directory.Path)];
    }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Deletes the directory; to be called once, instead of or before <see cref="Dispose"/>.</summary>
    public void Remove()
    {
        try
        {
            foreach (FileSystemInfo entry in new DirectoryInfo(Path).EnumerateFileSystemInfos().Where(static entry => entry.Name != OwnerName))
            {
                Delete(entry);
            }

            using FileLock held = FileLock.AcquireAsync(LockFile(_paths), CancellationToken.None).GetAwaiter().GetResult();
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Someone removed it by hand: gone is what was wanted.
        }

        _owner.Dispose();
    }

    public void Dispose()
    {
        if (!_kept && Directory.Exists(Path))
        {
            Remove();
        }

        _owner.Dispose();
    }

    /// <summary>Preconditions: the staging lock is held. Null when a living owner has it.</summary>
    private static StagingDirectory? Make(HearthPaths paths, string name, bool kept = false)
    {
        string path = System.IO.Path.Combine(paths.Staging, kept ? KeptPrefix + name : $"{name}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return FileLock.TryAcquire(OwnerFile(path)) is { } owner ? new StagingDirectory(paths, path, owner, kept) : null;
    }

    /// <summary>Preconditions: the staging lock is held. A directory without an owner file is abandoned too: its maker died before it could lock it.</summary>
    private static List<StagingDirectory> Adopt(HearthPaths paths, string pattern)
    {
        List<StagingDirectory> adopted = [];
        foreach (string path in Directory.Exists(paths.Staging) ? Directory.GetDirectories(paths.Staging, pattern) : [])
        {
            if (FileLock.TryAcquire(OwnerFile(path)) is { } owner)
            {
                adopted.Add(new StagingDirectory(paths, path, owner, kept: false));
            }
        }

        return adopted;
    }

    private static void Delete(FileSystemInfo entry)
    {
        // A link to a directory is a DirectoryInfo; deleting it recursively takes the link alone.
        if (entry is DirectoryInfo directory)
        {
            directory.Delete(recursive: true);
        }
        else
        {
            entry.Delete();
        }
    }

    private static string LockFile(HearthPaths paths) => System.IO.Path.Combine(paths.Locks, "staging");

    private static string OwnerFile(string path) => System.IO.Path.Combine(path, OwnerName);
}

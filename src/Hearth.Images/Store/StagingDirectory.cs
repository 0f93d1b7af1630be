using Hearth.Core.Storage;
using Hearth.Linux.Files;

namespace Hearth.Images.Store;

/// <summary>
/// A directory below <c>staging/</c> for half-made things, gone with <see cref="Dispose"/>. Its owner holds a lock on
/// <c>.owner</c> in it; a directory whose lock is free belonged to a process that died, and whoever comes next removes it.
/// </summary>
internal sealed class StagingDirectory : IDisposable
{
    private readonly FileLock _owner;

    private StagingDirectory(string path, FileLock owner)
    {
        Path = path;
        _owner = owner;
    }

    public string Path { get; }

    /// <summary>Makes one, after removing those of dead owners. Making and removing exclude each other (<c>locks/staging</c>), or a new directory could go before its owner has locked it.</summary>
    public static async Task<StagingDirectory> CreateAsync(HearthPaths paths, CancellationToken cancellationToken)
    {
        using FileLock held = await FileLock.AcquireAsync(System.IO.Path.Combine(paths.Locks, "staging"), cancellationToken);
        Sweep(paths);
        string path = System.IO.Path.Combine(paths.Staging, Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        FileLock owner = FileLock.TryAcquire(OwnerFile(path)) ?? throw new InvalidOperationException($"'{path}' is new and has an owner.");
        return new StagingDirectory(path, owner);
    }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        Delete(Path);
        _owner.Dispose();
    }

    private static void Sweep(HearthPaths paths)
    {
        if (!Directory.Exists(paths.Staging))
        {
            return;
        }

        foreach (string path in Directory.EnumerateDirectories(paths.Staging).Where(static path => System.IO.File.Exists(OwnerFile(path))))
        {
            using FileLock? abandoned = FileLock.TryAcquire(OwnerFile(path));
            if (abandoned is not null)
            {
                Delete(path);
            }
        }
    }

    private static string OwnerFile(string path) => System.IO.Path.Combine(path, ".owner");

    private static void Delete(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // It was renamed into place, or someone removed it: gone is what was wanted.
        }
    }
}

using Hearth.Bench.Processes;

namespace Hearth.Bench.Registry;

/// <summary>A store of podman's own for one pull, the machine's left alone. Disposing unmounts and removes it.</summary>
internal sealed class PodmanStore : IDisposable
{
    private readonly string _directory;
    private readonly string[] _store;

    public PodmanStore(string directory)
    {
        _directory = directory;
        _store = ["--root", Path.Combine(directory, "root"), "--runroot", Path.Combine(directory, "run"), "--storage-driver", "overlay"];
        Directory.CreateDirectory(directory);
    }

    public TimedRun Pull(string reference) => Child.RunChecked("podman", [.. _store, "pull", "-q", "--tls-verify=false", reference]);

    /// <summary>Mounts the image, which has to be there, and gives where.</summary>
    public TimedRun Mount(string reference) => Child.RunChecked("podman", [.. _store, "image", "mount", reference]);

    public void Dispose()
    {
        Child.Run("podman", [.. _store, "image", "unmount", "--all"]);

        // The driver keeps a mount of its directory when it may.
        Child.Run("sh", ["-c", "umount \"$1\" 2>/dev/null; rm -rf \"$2\"", "sh", Path.Combine(_directory, "root", "overlay"), _directory]);
    }
}

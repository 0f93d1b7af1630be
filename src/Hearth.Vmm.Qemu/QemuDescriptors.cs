using Hearth.Core.Errors;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;
using Hearth.Linux.Sockets;

namespace Hearth.Vmm.Qemu;

/// <summary>What a QEMU process is given open. Disposing closes this process's copies.</summary>
internal sealed class QemuDescriptors : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    private QemuDescriptors()
    {
    }

    public InheritedSocket Link { get; private set; } = null!;

    public InheritedSocket Monitor { get; private set; } = null!;

    public InheritedFile Kernel { get; private set; } = null!;

    public InheritedFile Initramfs { get; private set; } = null!;

    public InheritedSocket Console { get; private set; } = null!;

    public List<InheritedFile> Disks { get; } = [];

    public static QemuDescriptors Open(VmLaunch launch)
    {
        QemuDescriptors all = new();
        try
        {
            // QEMU opens these two again, as the user that it runs as; the directory above them keeps others out.
            MakeReadable(launch.KernelPath);
            MakeReadable(launch.InitramfsPath);
            all.Kernel = all.Own(InheritedFile.Open(launch.KernelPath, FileMode.Open, FileAccess.Read));
            all.Initramfs = all.Own(InheritedFile.Open(launch.InitramfsPath, FileMode.Open, FileAccess.Read));
            foreach (VmDisk disk in launch.Disks)
            {
                all.Disks.Add(all.Own(InheritedFile.Open(disk.Path, FileMode.Open, disk.ReadOnly ? FileAccess.Read : FileAccess.ReadWrite)));
            }

            all.Console = all.Own(InheritedSocket.Create());
            all.Link = all.Own(InheritedSocket.Create());
            all.Monitor = all.Own(InheritedSocket.Create());
            return all;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            all.Dispose();
            throw new HearthException("engine.file", $"A file of the VM cannot be opened: {e.Message}", "If it is missing, pull the image or kernel again.", inner: e);
        }
    }

    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
    }

    private static void MakeReadable(string path)
    {
        UnixFileMode mode = File.GetUnixFileMode(path);
        if (!mode.HasFlag(UnixFileMode.OtherRead) && ProcessTable.IsRoot)
        {
            File.SetUnixFileMode(path, mode | UnixFileMode.OtherRead);
        }
    }

    private T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Add(resource);
        return resource;
    }
}

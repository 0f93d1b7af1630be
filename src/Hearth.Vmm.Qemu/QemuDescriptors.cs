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

    /// <summary>Further ports.</summary>
    public List<InheritedSocket> Ports { get; } = [];

    public InheritedSocket Monitor { get; private set; } = null!;

    public InheritedFile Kernel { get; private set; } = null!;

    public InheritedFile Initramfs { get; private set; } = null!;

    public InheritedSocket Console { get; private set; } = null!;

    /// <summary>Null without a memory file.</summary>
    public InheritedFile? Memory { get; private set; }

    /// <summary>Null without a network.</summary>
    public InheritedFile? Tap { get; private set; }

    /// <summary>The layers of each disk.</summary>
    public List<IReadOnlyList<DiskDescriptor>> Disks { get; } = [];

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
            if (launch.Memory is { } memory)
            {
                all.Memory = all.Own(InheritedFile.Open(memory.Path, FileMode.Open, FileAccess.Read));
            }

            if (launch.Network is { } network)
            {
                all.Tap = all.Own(InheritedFile.Copy(network.Tap));
            }

            for (int i = 0; i < launch.Disks.Count; i++)
            {
                all.Disks.Add(all.OpenLayers(launch, i));
            }

            all.Console = all.Own(InheritedSocket.Create());
            all.Link = all.Own(InheritedSocket.Create());
            all.Monitor = all.Own(InheritedSocket.Create());
            all.Ports.AddRange(launch.PortNames.Select(_ => all.Own(InheritedSocket.Create())));
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

    /// <summary>QEMU's number for the descriptor set of a layer; they count from 1 through all disks.</summary>
    public static int SetOf(VmLaunch launch, int disk, int layer) => launch.Disks.Take(disk).Sum(static d => d.Layers.Count) + layer + 1;

    private DiskDescriptor[] OpenLayers(VmLaunch launch, int index)
    {
        VmDisk disk = launch.Disks[index];
        DiskDescriptor[] layers = new DiskDescriptor[disk.Layers.Count];
        for (int i = 0; i < layers.Length; i++)
        {
            bool written = !disk.ReadOnly && i == layers.Length - 1;
            layers[i] = new DiskDescriptor(Own(InheritedFile.Open(disk.Layers[i].Path, FileMode.Open, written ? FileAccess.ReadWrite : FileAccess.Read)), SetOf(launch, index, i));
        }

        return layers;
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

using Hearth.Agent.Boot;
using Hearth.Agent.Processes;
using Hearth.Core.Errors;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Guest;
using Hearth.Linux.Mounts;
using Hearth.Protocol.Agent;

namespace Hearth.Agent.Containers;

/// <summary>What the guest has been told and what runs in it.</summary>
internal sealed class GuestState(Reaper reaper)
{
    // Guards _diskMounted and _container. Nothing is sent under it.
    private readonly Lock _lock = new();
    private bool _diskMounted;
    private Container? _container;

    public Reaper Reaper { get; } = reaper;

    /// <summary>Mounts the writable disk; ahead of need where possible, since only its place is known without the host.</summary>
    public void MountDisk()
    {
        lock (_lock)
        {
            if (!_diskMounted && File.Exists(GuestPaths.DiskDevice))
            {
                FileSystems.Mount(GuestPaths.DiskDevice, GuestPaths.Disk, "ext4", MountFlags.RelativeAccessTime);
                FileSystems.MakeDirectory($"{GuestPaths.Disk}/upper");
                FileSystems.MakeDirectory($"{GuestPaths.Disk}/work");
                _diskMounted = true;
            }
        }
    }

    public void Configure(ConfigureRequest request)
    {
        GuestKernel.SetClock(request.UnixTimeNanoseconds);
        GuestKernel.AddEntropy(request.Entropy);
        GuestKernel.SetHostname(request.Hostname);
        WriteLines("hosts", request.Hosts);
        WriteLines("resolv.conf", request.Resolvers);
        WriteLines("hostname", [request.Hostname]);
        FileSystems.Mount(GuestPaths.ImageDevice, GuestPaths.Image, request.RootFileSystem, MountFlags.ReadOnly);
        MountDisk();
        FileSystems.Mount(
            "overlay",
            GuestPaths.ContainerRoot,
            "overlay",
            MountFlags.None,
            $"lowerdir={GuestPaths.Image},upperdir={GuestPaths.Disk}/upper,workdir={GuestPaths.Disk}/work");
    }

    /// <exception cref="HearthException">There is one already.</exception>
    public void SetContainer(Container container)
    {
        lock (_lock)
        {
            _container = container;
        }
    }

    /// <exception cref="HearthException"><c>container.not-running</c>.</exception>
    public Container RequireContainer()
    {
        lock (_lock)
        {
            return _container is { Ended: false } container
                ? container
                : throw new HearthException("container.not-running", "The container is not running.");
        }
    }

    public void RequireNoContainer()
    {
        lock (_lock)
        {
            if (_container is { Ended: false })
            {
                throw new HearthException("container.running", "The container is running already.");
            }
        }
    }

    private static void WriteLines(string name, IReadOnlyList<string> lines) =>
        File.WriteAllText($"{GuestPaths.Files}/{name}", lines.Count == 0 ? "" : string.Join('\n', lines) + "\n");
}

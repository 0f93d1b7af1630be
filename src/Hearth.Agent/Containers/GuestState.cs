using Hearth.Agent.Boot;
using Hearth.Agent.Network;
using Hearth.Agent.Processes;
using Hearth.Agent.Shares;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Files;
using Hearth.Linux.Guest;
using Hearth.Linux.Mounts;
using Hearth.Protocol.Agent;

namespace Hearth.Agent.Containers;

/// <summary>What the guest has been told and what runs in it.</summary>
internal sealed class GuestState(Reaper reaper)
{
    // Guards the fields below. Nothing is sent under it.
    private readonly Lock _lock = new();
    private bool _diskMounted;
    private bool _rootMounted;
    private bool _restored;
    private SessionChannel? _channel;
    private Container? _container;
    private ContainerSurroundings? _surroundings;
    private bool _hasMachineId = true;

    public Reaper Reaper { get; } = reaper;

    public GuestShares Shares { get; } = new();

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

    /// <summary>Mounts the image under the writable disk; once.</summary>
    public void MountRoot(string imageFileSystem)
    {
        MountDisk();
        lock (_lock)
        {
            if (_rootMounted)
            {
                return;
            }

            FileSystems.Mount(GuestPaths.ImageDevice, GuestPaths.Image, imageFileSystem, MountFlags.ReadOnly);
            FileSystems.Mount(
                "overlay",
                GuestPaths.ContainerRoot,
                "overlay",
                MountFlags.None,
                $"lowerdir={GuestPaths.Image},upperdir={GuestPaths.Disk}/upper,workdir={GuestPaths.Disk}/work");
            _rootMounted = true;
        }
    }

    /// <summary>
    /// Does ahead what does not depend on the command: before a template is frozen, so that no run from it has to do it again.
    /// </summary>
    public void Prepare(PrepareRequest request)
    {
        MountRoot(request.RootFileSystem);
        EtcFiles.Write("hosts", []);
        EtcFiles.Write("resolv.conf", []);
        EtcFiles.Write("hostname", []);
        GuestInterface.Apply(request.Expected.Configuration.Network);
        ProcessSpec expected = request.Expected.Container.Process;
        ParkAnother(expected.User);
        using (RootedDirectory root = RootedDirectory.Open(GuestPaths.ContainerRoot))
        {
            _hasMachineId = GuestIdentity.HasMachineId(root);
            ExpectedPrograms.Read(root, expected);
        }
    }

    /// <summary>Has a first process stand ready for a container whose user is probably this one.</summary>
    public void ParkAnother(string user)
    {
        ContainerSurroundings surroundings = ContainerSurroundings.Parked(Reaper);
        surroundings.Accounts.Expect(user);
        ContainerSurroundings? before;
        lock (_lock)
        {
            before = _surroundings;
            _surroundings = surroundings;
        }

        before?.Dispose();
    }

    /// <summary>Surroundings for a container: those that were made ahead if they suit it. The caller's.</summary>
    public ContainerSurroundings TakeSurroundings(ContainerSpec spec)
    {
        ContainerSurroundings? made;
        lock (_lock)
        {
            made = _surroundings;
            _surroundings = null;
        }

        if (made?.Suit(spec) == true)
        {
            return made;
        }

        made?.Dispose();
        return ContainerSurroundings.For(spec);
    }

    public void Configure(GuestConfiguration request)
    {
        GuestKernel.SetClock(request.UnixTimeNanoseconds);
        GuestKernel.AddEntropy(request.Entropy);
        GuestKernel.SetHostname(request.Hostname);
        if (TakeRestored() && RunningContainer() is not null)
        {
            StaleConnections.End();
        }

        GuestInterface.Apply(request.Network);
        EtcFiles.Write("hosts", request.Hosts);
        EtcFiles.Write("resolv.conf", request.Resolvers);
        EtcFiles.Write("hostname", [request.Hostname]);
        MountRoot(request.RootFileSystem);
        Container? container = RunningContainer();
        if (container is not null || _hasMachineId)
        {
            GuestIdentity.Apply(container, request.Hostname, request.MachineId);
        }
    }

    public static void Change(ChangeNetworkRequest request)
    {
        GuestInterface.Apply(request.Network);
        EtcFiles.Write("hosts", request.Hosts);
        EtcFiles.Write("resolv.conf", request.Resolvers);
    }

    /// <summary>The guest goes on from a saved state: the next configuration ends what cannot have survived.</summary>
    public void MarkRestored()
    {
        lock (_lock)
        {
            _restored = true;
        }
    }

    /// <summary>Where the container's output goes, for a supervisor that comes after a restore.</summary>
    public void SetChannel(SessionChannel channel)
    {
        lock (_lock)
        {
            _channel = channel;
        }
    }

    /// <exception cref="HearthException"><c>container.not-running</c>.</exception>
    public SessionChannel RequireChannel()
    {
        lock (_lock)
        {
            return _channel ?? throw new HearthException("container.not-running", "There is no container in the guest.");
        }
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

    /// <summary>Where files are copied: the container, or null for the root that waits for one.</summary>
    /// <exception cref="HearthException"><c>container.not-running</c>, <c>container.running</c>.</exception>
    public Container? RequirePlace(bool atRest)
    {
        if (!atRest)
        {
            return RequireContainer();
        }

        RequireNoContainer();
        return null;
    }

    private Container? RunningContainer()
    {
        lock (_lock)
        {
            return _container is { Ended: false } container ? container : null;
        }
    }

    private bool TakeRestored()
    {
        lock (_lock)
        {
            bool restored = _restored;
            _restored = false;
            return restored;
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
}

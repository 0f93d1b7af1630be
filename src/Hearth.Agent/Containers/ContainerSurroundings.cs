using Hearth.Agent.Boot;
using Hearth.Agent.Processes;
using Hearth.Agent.Threads;
using Hearth.Core.Specs;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Files;
using Hearth.Linux.Mounts;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Agent.Containers;

// Theory of operation
//
// What a container's first process does before it executes its program falls in two. The first half (namespaces, cgroup, root,
// mounts, devices) is the same for every command; it is these surroundings. The second (limits, user, streams, program) is added
// by ContainerStart. A template holds a first process that has made the first half and stands still (ChildProgram.Parking.cs): a
// run that starts from it makes the second half only. Every one of the eighty system calls of the first half would be code
// that the emulator has not translated yet; together they took half of a start.
//
// A container that wants other surroundings (privileged, or with an init) leaves the parked process to its end and has a new one made.

/// <summary>The namespaces, mounts and cgroup of a container whose program may not be known yet. Owns its first process until that runs.</summary>
internal sealed class ContainerSurroundings : IDisposable
{
    private readonly ContainerMounts _mounts;
    private readonly SafeFileHandle _cgroup;
    private readonly bool _privileged;
    private readonly bool _init;
    private readonly List<AttachedTree> _trees = [];
    private bool _isAhead;
    private ChildProcess? _parked;
    private RootedDirectory? _root;

    private ContainerSurroundings(bool privileged, bool init)
    {
        _privileged = privileged;
        _init = init;
        using (RootedDirectory image = RootedDirectory.Open(GuestPaths.ContainerRoot))
        {
            Accounts = ContainerAccounts.Read(image);
        }

        ContainerCgroup.Prepare();
        KillsBefore = ContainerCgroup.OutOfMemoryKills();
        _cgroup = Descriptors.OpenRead(GuestPaths.ContainerCgroup);
        _mounts = new ContainerMounts(Program, privileged, init);
        Program.WriteFile("/proc/self/oom_score_adj", "0");
        Program.NewCgroupNamespace();
        _mounts.AddSurroundings();
    }

    /// <summary>The steps of the first process; those of its program come last.</summary>
    public ChildProgram Program { get; } = new();

    public StandardPipes Pipes { get; } = new();

    public ContainerAccounts Accounts { get; }

    /// <summary>Processes of the cgroup that had been killed for want of memory when it was made.</summary>
    public long KillsBefore { get; }

    private LaunchOptions Options => new() { NewNamespaces = true, Cgroup = _cgroup };

    /// <summary>Surroundings for one container, with no process yet.</summary>
    public static ContainerSurroundings For(ContainerSpec spec) => new(spec.Process.Privileged, spec.Init);

    /// <summary>Ordinary surroundings with a process that has made them and stands.</summary>
    public static ContainerSurroundings Parked(Reaper reaper)
    {
        ContainerSurroundings surroundings = new(privileged: false, init: false);
        try
        {
            RehearsalProgram.Open();
            surroundings.Park(reaper);
            surroundings._isAhead = true;
            return surroundings;
        }
        catch
        {
            surroundings.Dispose();
            throw;
        }
    }

    public bool Suit(ContainerSpec spec) => spec.Process.Privileged == _privileged && spec.Init == _init;

    /// <summary>A mount from outside of the container; belongs to these surroundings from here on.</summary>
    public void Add(AttachedTree tree) => _trees.Add(tree);

    /// <summary>Adds the mounts that one container asks for.</summary>
    public void AddOwn(ContainerSpec spec, Reaper reaper)
    {
        if (_trees.Count > 0)
        {
            // What lies under what is known here alone: they go in while the first process stands, from a thread in its mounts.
            Park(reaper);
            NamespaceThread.Run(() =>
            {
                MountNamespace.Enter(_parked!.Value.Handle);
                OwnMounts.Attach(_trees, spec.Tmpfs);
            });
            _trees.ForEach(static tree => tree.Dispose());
            _mounts.AddOwn(spec with { Tmpfs = new Dictionary<string, string>() });
        }
        else
        {
            _mounts.AddOwn(spec);
        }

        if (spec.Cpus > 0 || !_isAhead)
        {
            ContainerCgroup.LimitCpus(spec.Cpus);
        }
    }

    /// <summary>Has the first process become its program.</summary>
    /// <returns>The process, and the root as its processes see it; both belong to the caller.</returns>
    /// <exception cref="ChildProgramException">A step failed.</exception>
    public (RunningProcess Process, RootedDirectory Root) Launch(Reaper reaper)
    {
        if (_parked is not { } parked)
        {
            RunningProcess made = reaper.Launch(() => Program.Launch(Options));
            return (made, OpenRoot(made.Pid));
        }

        RunningProcess process = reaper.Watch(parked);
        Program.Continue();
        _parked = null;
        RootedDirectory root = _root!;
        _root = null;
        return (process, root);
    }

    public void Dispose()
    {
        _trees.ForEach(static tree => tree.Dispose());
        Program.Dispose();
        _parked?.Handle.Dispose();
        _root?.Dispose();
        _mounts.Dispose();
        _cgroup.Dispose();
    }

    /// <summary>Has the first process make its steps so far, and stand.</summary>
    private void Park(Reaper reaper)
    {
        if (_parked is null)
        {
            Program.Park();
            ChildProcess process = Program.LaunchParked(Options, WorkerThreads.Run);
            _mounts.Dispose();
            _parked = process;
            _root = RootedDirectory.Open($"/proc/{process.Pid}/root");
            reaper.ChildWasMade();
        }
    }

    /// <summary>The root with the container's own mounts; the bare file system when its process has ended already.</summary>
    private static RootedDirectory OpenRoot(int pid)
    {
        try
        {
            return RootedDirectory.Open($"/proc/{pid}/root");
        }
        catch (DirectoryNotFoundException)
        {
            return RootedDirectory.Open(GuestPaths.ContainerRoot);
        }
    }
}

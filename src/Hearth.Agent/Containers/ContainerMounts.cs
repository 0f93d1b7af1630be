using System.Globalization;
using Hearth.Agent.Boot;
using Hearth.Core.Specs;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Mounts;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Agent.Containers;

/// <summary>
/// The mounts that a container expects, as steps of its child program. Everything is mounted after pivot_root: then no
/// symbolic link of the image can point a mount at the guest's own files. What comes from outside comes as detached mounts.
/// </summary>
/// <param name="program">The child.</param>
/// <param name="privileged">No protection, all devices.</param>
/// <param name="init">With an init to be its first process.</param>
internal sealed class ContainerMounts(ChildProgram program, bool privileged, bool init) : IDisposable
{
    private const MountFlags Inert = MountFlags.NoSetUserId | MountFlags.NoExecute | MountFlags.NoDevices;
    private const string SharedMemory = "/dev/shm";

    /// <summary>Docker's default; another size is set afterwards.</summary>
    private const long DefaultSharedBytes = 64L << 20;
    private const Tolerate NotThere = Tolerate.Missing | Tolerate.NotDirectory | Tolerate.Invalid;

    // Docker's default lists (moby oci/defaults.go names them; runtime-spec "maskedPaths" and "readonlyPaths").
    private static readonly string[] s_masked =
    [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
        "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
    ];

    private static readonly string[] s_readOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    private static readonly (string File, string Target)[] s_files =
        [("hosts", "/etc/hosts"), ("hostname", "/etc/hostname"), ("resolv.conf", "/etc/resolv.conf")];

    private readonly List<SafeFileHandle> _trees = [];

    /// <summary>What every container has. It needs nothing that is not known before there is a command.</summary>
    public void AddSurroundings()
    {
        SafeFileHandle terminals = Tree(GuestPaths.Terminals);
        List<(SafeFileHandle Tree, string Target)> files = [.. s_files.Select(f => (Tree($"{GuestPaths.Files}/{f.File}"), f.Target))];
        SafeFileHandle? tini = init ? Tree(GuestPaths.Init) : null;

        program.Mount(null, "/", null, MountFlags.Recursive | MountFlags.Private);
        program.PivotRoot(GuestPaths.ContainerRoot);
        program.SetFileModeMask(0);
        AddKernelFileSystems();
        AddDevices(terminals);
        foreach ((SafeFileHandle tree, string target) in files)
        {
            program.MakePath("/etc");
            program.Touch(target);
            program.Attach(tree, target, NotThere);
        }

        if (tini is not null)
        {
            program.MakePath("/sbin");
            program.Touch(ContainerStart.InitTarget);
            program.Attach(tini, ContainerStart.InitTarget);
            program.Mount(null, ContainerStart.InitTarget, null, MountFlags.Remount | MountFlags.Bind | MountFlags.ReadOnly);
        }

        if (!privileged)
        {
            AddProtection();
        }
    }

    /// <summary>What one container asks for beyond that.</summary>
    public void AddOwn(ContainerSpec spec)
    {
        if (spec.ShmBytes != DefaultSharedBytes)
        {
            program.Mount(null, SharedMemory, null, MountFlags.Remount | Inert, SharedMemoryOptions(spec.ShmBytes));
        }

        foreach ((string target, string options) in spec.Tmpfs)
        {
            (MountFlags flags, string data) = TmpfsOptions.Parse(options);
            program.MakePath(target);
            program.Mount("tmpfs", target, "tmpfs", flags, data);
        }

        program.MakePath(spec.Process.WorkingDirectory);
        if (spec.ReadOnly)
        {
            program.Mount(null, "/", null, MountFlags.Remount | MountFlags.Bind | MountFlags.ReadOnly);
        }

        program.SetFileModeMask(0x12); // 022
    }

    /// <summary>The trees are attached once the child has made its steps.</summary>
    public void Dispose()
    {
        foreach (SafeFileHandle tree in _trees)
        {
            tree.Dispose();
        }

        _trees.Clear();
    }

    private void AddKernelFileSystems()
    {
        MountFlags access = privileged ? MountFlags.None : MountFlags.ReadOnly;
        MountNew("proc", "/proc", Inert, null);
        MountNew("sysfs", "/sys", Inert | access, null);
        program.Mount("cgroup", "/sys/fs/cgroup", "cgroup2", Inert | access);
    }

    private void AddDevices(SafeFileHandle terminals)
    {
        MountNew("tmpfs", "/dev", MountFlags.NoSetUserId | MountFlags.StrictAccessTime, "mode=755,size=65536k");
        foreach (DeviceNode node in privileged ? DeviceNode.OfGuest() : DeviceNode.Default)
        {
            program.MakePath(Path.GetDirectoryName(node.Path)!);
            program.MakeDevice(node.Path, node.Mode, node.Major, node.Minor);
        }

        program.MakeLink("/dev/fd", "/proc/self/fd");
        program.MakeLink("/dev/stdin", "/proc/self/fd/0");
        program.MakeLink("/dev/stdout", "/proc/self/fd/1");
        program.MakeLink("/dev/stderr", "/proc/self/fd/2");
        program.MakeLink("/dev/core", "/proc/kcore");
        program.MakeLink("/dev/ptmx", "pts/ptmx");
        program.MakeDirectory("/dev/pts");
        program.Attach(terminals, "/dev/pts");
        MountNew("mqueue", "/dev/mqueue", Inert, null);
        MountNew("tmpfs", SharedMemory, Inert, SharedMemoryOptions(DefaultSharedBytes));
    }

    private void AddProtection()
    {
        foreach (string path in s_masked)
        {
            // A file is covered by the null device; the same on a directory fails with ENOTDIR, and the next step covers that.
            program.Mount("/dev/null", path, null, MountFlags.Bind, null, NotThere);
            program.Mount("tmpfs", path, "tmpfs", MountFlags.ReadOnly, "size=0k", NotThere);
        }

        foreach (string path in s_readOnly)
        {
            program.Mount(path, path, null, MountFlags.Bind | MountFlags.Recursive, null, NotThere);
            program.Mount(null, path, null, MountFlags.Remount | MountFlags.Bind | MountFlags.ReadOnly | Inert, null, NotThere);
        }
    }

    private static string SharedMemoryOptions(long bytes) => string.Create(CultureInfo.InvariantCulture, $"mode=1777,size={bytes}");

    private void MountNew(string type, string target, MountFlags flags, string? data)
    {
        program.MakeDirectory(target);
        program.Mount(type, target, type, flags, data);
    }

    private SafeFileHandle Tree(string path)
    {
        SafeFileHandle tree = MountTree.Copy(path);
        _trees.Add(tree);
        return tree;
    }
}

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
internal sealed class ContainerMounts(ChildProgram program, ContainerSpec spec) : IDisposable
{
    private const MountFlags Inert = MountFlags.NoSetUserId | MountFlags.NoExecute | MountFlags.NoDevices;
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

    private bool Privileged => spec.Process.Privileged;

    public void AddSteps()
    {
        SafeFileHandle terminals = Tree(GuestPaths.Terminals);
        List<(SafeFileHandle Tree, string Target)> files = [.. s_files.Select(f => (Tree($"{GuestPaths.Files}/{f.File}"), f.Target))];
        SafeFileHandle? init = spec.Init ? Tree(GuestPaths.Init) : null;

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

        if (init is not null)
        {
            program.MakePath("/sbin");
            program.Touch(ContainerStart.InitTarget);
            program.Attach(init, ContainerStart.InitTarget);
            program.Mount(null, ContainerStart.InitTarget, null, MountFlags.Remount | MountFlags.Bind | MountFlags.ReadOnly);
        }

        AddTmpfs();
        program.MakePath(spec.Process.WorkingDirectory);
        if (spec.ReadOnly)
        {
            program.Mount(null, "/", null, MountFlags.Remount | MountFlags.Bind | MountFlags.ReadOnly);
        }

        if (!Privileged)
        {
            AddProtection();
        }

        program.SetFileModeMask(0x12); // 022
    }

    public void Dispose()
    {
        foreach (SafeFileHandle tree in _trees)
        {
            tree.Dispose();
        }
    }

    private void AddKernelFileSystems()
    {
        MountFlags access = Privileged ? MountFlags.None : MountFlags.ReadOnly;
        MountNew("proc", "/proc", Inert, null);
        MountNew("sysfs", "/sys", Inert | access, null);
        program.Mount("cgroup", "/sys/fs/cgroup", "cgroup2", Inert | access);
    }

    private void AddDevices(SafeFileHandle terminals)
    {
        MountNew("tmpfs", "/dev", MountFlags.NoSetUserId | MountFlags.StrictAccessTime, "mode=755,size=65536k");
        foreach (DeviceNode node in Privileged ? DeviceNode.OfGuest() : DeviceNode.Default)
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
        MountNew("tmpfs", "/dev/shm", Inert, $"mode=1777,size={spec.ShmBytes}");
    }

    private void AddTmpfs()
    {
        foreach ((string target, string options) in spec.Tmpfs)
        {
            (MountFlags flags, string data) = TmpfsOptions.Parse(options);
            program.MakePath(target);
            program.Mount("tmpfs", target, "tmpfs", flags, data);
        }
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

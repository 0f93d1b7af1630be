using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Files;
using Hearth.Linux.Guest;
using Hearth.Linux.Mounts;

namespace Hearth.Agent.Boot;

/// <summary>What the guest needs before anybody speaks to it.</summary>
internal static class EarlyBoot
{
    public static void Run(StageTimes stages)
    {
        FileSystems.StackRoot("/mnt");
        Mount("devtmpfs", "/dev", MountFlags.NoSetUserId, "mode=755");
        Descriptors.ReserveStandard("/dev/null");
        Mount("proc", "/proc", MountFlags.NoSetUserId | MountFlags.NoExecute | MountFlags.NoDevices, null);
        Mount("sysfs", "/sys", MountFlags.NoSetUserId | MountFlags.NoExecute | MountFlags.NoDevices, null);
        stages.Mark("mounts");
        foreach (string module in File.ReadAllLines(GuestPaths.ModuleList))
        {
            if (module.Length > 0)
            {
                GuestKernel.LoadModule($"{GuestPaths.Modules}/{module}");
            }
        }

        stages.Mark("modules");
        Mount("cgroup2", GuestPaths.Cgroups, MountFlags.NoSetUserId | MountFlags.NoExecute | MountFlags.NoDevices, null);
        foreach (string directory in (string[])["/run", GuestPaths.Run, GuestPaths.Image, GuestPaths.Disk, GuestPaths.ContainerRoot, GuestPaths.Terminals, GuestPaths.Files])
        {
            FileSystems.MakeDirectory(directory);
        }

        // Group 5 is "tty" in every distribution; the same options as Docker's.
        Mount("devpts", GuestPaths.Terminals, MountFlags.NoSetUserId | MountFlags.NoExecute, "newinstance,ptmxmode=0666,mode=0620,gid=5");
        GuestKernel.RaiseLoopback();

        // The agent is never the one to die for want of memory; its children set themselves back to 0.
        File.WriteAllText("/proc/self/oom_score_adj", "-1000");
        stages.Mark("setup");
    }

    private static void Mount(string type, string target, MountFlags flags, string? data)
    {
        FileSystems.MakeDirectory(target);
        FileSystems.Mount(type, target, type, flags, data);
    }
}

using Hearth.Linux.Cgroups;
using Hearth.Linux.Memory;

namespace Hearth.Kernel.Tests.Memory;

public sealed class HostMemoryTests
{
    private static readonly string[] s_lines = ["MemTotal:       24684084 kB", "MemFree:         7000000 kB", "MemAvailable:   22680576 kB", "SwapFree:              0 kB"];

    [Fact]
    public void A_field_is_read_in_bytes()
    {
        HostMemory.ReadField(s_lines, "MemAvailable:").ShouldBe(22680576L * 1024);
        HostMemory.ReadField(s_lines, "SwapFree:").ShouldBe(0);
        Should.Throw<InvalidDataException>(static () => HostMemory.ReadField(s_lines, "MemLost:")).Message.ShouldBe("/proc/meminfo has no number for MemLost:");
        Should.Throw<InvalidDataException>(static () => HostMemory.ReadField(["MemFree: much"], "MemFree:"));
    }

    [Fact]
    public void The_host_has_some() => HostMemory.AvailableBytes().ShouldBeInRange(1 << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * 2);

    [Fact]
    public void A_group_above_the_vms_bounds_what_they_can_have_and_its_files_can_go()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("hearth-groups-");
        try
        {
            string root = directory.FullName;
            CgroupHierarchy.MemoryRoom(root).ShouldBe(long.MaxValue);

            // With the unified tree and no bound.
            File.WriteAllText(Path.Combine(root, "cgroup.controllers"), "cpu memory pids\n");
            CgroupHierarchy.MemoryRoom(root).ShouldBe(long.MaxValue);
            File.WriteAllText(Path.Combine(root, "memory.max"), "max\n");
            File.WriteAllText(Path.Combine(root, "memory.current"), "700\n");
            File.WriteAllText(Path.Combine(root, "memory.stat"), "anon 300\nfile 400\ninactive_file 250\nactive_file 150\n");
            CgroupHierarchy.MemoryRoom(root).ShouldBe(long.MaxValue);

            File.WriteAllText(Path.Combine(root, "memory.max"), "1000\n");
            CgroupHierarchy.MemoryRoom(root).ShouldBe(700);

            // Lowered below what is in use.
            File.WriteAllText(Path.Combine(root, "memory.max"), "200\n");
            CgroupHierarchy.MemoryRoom(root).ShouldBe(0);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}

using System.Globalization;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Run;

/// <summary>What bounds a VM from the outside: the control group of its engine, and where its memory comes from.</summary>
public sealed class HostLimitTests
{
    private const string HugePages = "/sys/kernel/mm/hugepages/hugepages-2048kB";

    [SkippableFact]
    public async Task A_vm_runs_within_all_limits_and_its_group_goes_with_it()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root, or control groups that are delegated");
        string name = TestRun.Current.NewName();
        Outcome run = await HearthCommand.RunAsync(
            "run", "-d", "--name", name, "-m", "256M", "--no-swap", "--memory-max", "384M", "--cpu-weight", "250", "--pids-max", "9", "@busybox", "sleep", "1000000");
        Skip.If(run.ExitCode == 125 && run.Error.Contains("cannot be applied", StringComparison.Ordinal), run.Error);
        run.Succeeded();
        string[] groups = (await HearthCommand.RunAsync("inspect", "--format", "{{.Hearth.Cgroup}}", name)).Succeeded().Line.Split(':');

        Read(groups, "memory.max", "memory.limit_in_bytes").ShouldBe("402653184");
        Read(groups, "memory.swap.max", "memory.swappiness").ShouldBe("0");
        Read(groups, "cpu.weight", "cpu.shares").ShouldBeOneOf("250", "2560");
        Read(groups, "pids.max").ShouldBe("9");

        // All of the guest's memory, and more of the engine's workers than it may have.
        (await HearthCommand.RunAsync("exec", name, "sh", "-c", "dd if=/dev/zero of=/dev/shm/fill bs=1M count=60 && for i in 1 2 3 4 5 6 7 8 9 10 11 12; do dd if=/dev/zero of=/f$i bs=1M count=12 conv=fsync & done; wait; sync; cat /f* | wc -c"))
            .Succeeded().Line.ShouldBe("150994944");
        int.Parse(Read(groups, "pids.current"), CultureInfo.InvariantCulture).ShouldBeInRange(3, 9);

        (await HearthCommand.RunAsync("rm", "-f", name)).Succeeded();
        groups.ShouldAllBe(static group => !Directory.Exists(group));
    }

    [SkippableFact]
    public async Task A_vm_of_huge_pages_takes_them_from_the_host_and_gives_them_back_and_is_frozen_without_memory_only()
    {
        const int Needed = 64; // 128 MiB
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root to reserve huge pages");
        Skip.IfNot(Directory.Exists(HugePages), "this host's kernel has no huge pages of 2 MiB");
        string name = TestRun.Current.NewName();
        int before = Count("nr_hugepages");
        await File.WriteAllTextAsync($"{HugePages}/nr_hugepages", (before + Needed).ToString(CultureInfo.InvariantCulture));
        try
        {
            Skip.If(Count("free_hugepages") - Count("resv_hugepages") < Needed, "this host has no memory in one piece for huge pages");
            int free = Count("free_hugepages") - Count("resv_hugepages");

            (await HearthCommand.RunAsync("run", "-d", "--name", name, "-m", "128M", "--hugepages", "@busybox", "sleep", "1000000")).Succeeded();

            (free - (Count("free_hugepages") - Count("resv_hugepages"))).ShouldBe(Needed);
            (await HearthCommand.RunAsync("run", "--rm", "-m", "2T", "--hugepages", "@busybox", "true")).Ended(125).Error.ShouldContain("--hugepages: the VM needs 1048576 huge pages of 2 MiB, and ");
            await RefusesSnapshotsOfMemoryAsync(name);
            (await HearthCommand.RunAsync("rm", "-f", name)).Succeeded();
            (Count("free_hugepages") - Count("resv_hugepages")).ShouldBe(free);
        }
        finally
        {
            await HearthCommand.RunAsync("rm", "-f", name);
            await File.WriteAllTextAsync($"{HugePages}/nr_hugepages", before.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static async Task RefusesSnapshotsOfMemoryAsync(string vm)
    {
        string snapshot = TestRun.Current.NewName();
        string error = $"hearth: VM {vm} cannot be frozen with its memory: it is in huge pages (--hugepages), and copies share a file that is not.\n"
            + "  'hearth snapshot create --disk-only' keeps its disk; or run it without --hugepages.\n";
        (await HearthCommand.RunAsync("snapshot", "create", vm, snapshot)).Ended(125).Error.ShouldBe(error);
        (await HearthCommand.RunAsync("suspend", vm)).Ended(1).Error.ShouldBe(error);
        (await HearthCommand.RunAsync("exec", vm, "echo", "on")).Succeeded().Line.ShouldBe("on");

        (await HearthCommand.RunAsync("snapshot", "create", "--disk-only", vm, snapshot)).Succeeded();
        (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
    }

    private static int Count(string file) => int.Parse(File.ReadAllText($"{HugePages}/{file}"), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);

    /// <summary>The first of the files that one of the group's directories has: of v2, or of v1.</summary>
    private static string Read(string[] groups, params string[] files) =>
        File.ReadAllText(files.SelectMany(file => groups.Select(group => Path.Combine(group, file))).First(File.Exists)).Trim();
}

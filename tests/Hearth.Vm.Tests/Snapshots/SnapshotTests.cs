using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Snapshots;

/// <summary>Freezing, copying and going back, with memory and disk.</summary>
public sealed class SnapshotTests
{
    /// <summary>Keeps a number in memory (a shell variable) and on disk; a line on its input makes both one larger.</summary>
    private const string Counter = "n=0; echo 0 > /n; echo ready; while read -r line < /pipe; do n=$((n+1)); echo $n > /n; echo $n > /memory; done";

    [SkippableFact]
    public async Task A_clone_goes_on_with_memory_and_disk_of_the_snapshot_and_the_source_with_its_own()
    {
        string source = await StartCounterAsync();
        await CountAsync(source, 3);
        string snapshot = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("snapshot", "create", source, snapshot)).Succeeded().Line.ShouldBe(snapshot);
        await CountAsync(source, 1);

        string clone = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--from", snapshot, "--name", clone)).Succeeded();
        (await ReadAsync(clone)).ShouldBe("3");
        await CountAsync(clone, 2);
        (await ReadAsync(clone)).ShouldBe("5");
        (await ReadAsync(source)).ShouldBe("4");

        // A removed snapshot's bytes stay with the clone, also for a restart.
        (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
        (await HearthCommand.RunAsync("restart", "-t", "0", clone)).Succeeded();
        (await ExecAsync(clone, "test -p /pipe && echo there")).ShouldBe("there");
        await RemoveAsync(source, clone);
    }

    [SkippableFact]
    public async Task A_clone_of_a_clone_of_a_clone_has_what_all_of_them_did()
    {
        string first = await StartCounterAsync();
        List<string> all = [first];
        for (int i = 1; i <= 3; i++)
        {
            await CountAsync(all[^1], 1);
            string next = TestRun.Current.NewName();
            (await HearthCommand.RunAsync("fork", all[^1], "--name", next)).Succeeded();
            all.Add(next);
        }

        (await ReadAsync(all[^1])).ShouldBe("3");
        await CountAsync(all[^1], 1);
        (await ReadAsync(all[^1])).ShouldBe("4");
        (await ReadAsync(first)).ShouldBe("1");
        await RemoveAsync([.. all]);
    }

    [SkippableFact]
    public async Task A_rollback_takes_memory_and_disk_back_in_the_same_vm()
    {
        string vm = await StartCounterAsync();
        string id = (await HearthCommand.RunAsync("inspect", "--format", "{{.Id}}", vm)).Succeeded().Line;
        await CountAsync(vm, 2);
        string snapshot = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("snapshot", "create", vm, snapshot)).Succeeded();
        for (int round = 0; round < 3; round++)
        {
            await CountAsync(vm, 3);
            (await ReadAsync(vm)).ShouldBe("5");
            (await HearthCommand.RunAsync("rollback", vm, snapshot)).Succeeded();
            (await ReadAsync(vm)).ShouldBe("2");
        }

        (await HearthCommand.RunAsync("inspect", "--format", "{{.Id}} {{.Name}}", vm)).Succeeded().Line.ShouldContain(id);
        (await HearthCommand.RunAsync("stop", "-t", "0", vm)).Succeeded();
        (await HearthCommand.RunAsync("rollback", vm, snapshot)).Succeeded();
        (await ReadAsync(vm)).ShouldBe("2");
        (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task A_suspended_vm_has_no_process_and_goes_on_where_it_was()
    {
        string vm = await StartCounterAsync();
        await CountAsync(vm, 2);
        (await HearthCommand.RunAsync("suspend", vm)).Succeeded();
        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Status}} {{.State.Pid}}", vm)).Succeeded().Line.ShouldBe("suspended 0");
        (await HearthCommand.RunAsync("exec", vm, "true")).Ended(1).Error.ShouldContain("suspended");

        (await HearthCommand.RunAsync("resume", vm)).Succeeded();
        (await ReadAsync(vm)).ShouldBe("2");
        await CountAsync(vm, 1);
        (await ReadAsync(vm)).ShouldBe("3");
        (await HearthCommand.RunAsync("resume", vm)).Ended(1).Error.ShouldBe($"hearth: VM {vm} is running, not suspended.\n");
        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task A_snapshot_of_a_vm_that_ends_keeps_its_disk_when_the_vm_is_started_again()
    {
        string vm = await StartCounterAsync();
        await CountAsync(vm, 2);
        string snapshot = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("snapshot", "create", "--stop", vm, snapshot)).Succeeded();
        string disk = Path.Combine(TestRun.Current.Home, "snapshots", snapshot, "disk-0");
        DateTime frozen = File.GetLastWriteTimeUtc(disk);

        (await HearthCommand.RunAsync("start", vm)).Succeeded();
        (await ExecAsync(vm, "dd if=/dev/zero of=/large bs=1M count=4 2>/dev/null; sync; echo written")).ShouldBe("written");
        (await HearthCommand.RunAsync("stop", "-t", "0", vm)).Succeeded();

        File.GetLastWriteTimeUtc(disk).ShouldBe(frozen);
        (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
        await RemoveAsync(vm);
    }

    [SkippableTheory]
    [InlineData("running", false)]
    [InlineData("paused", true)]
    public async Task A_vm_whose_snapshot_fails_is_as_it_was(string status, bool isPaused)
    {
        string vm = await StartCounterAsync();
        if (isPaused)
        {
            (await HearthCommand.RunAsync("pause", vm)).Succeeded();
        }

        // Without the file of its disk a VM cannot be saved; its own descriptors of it stay.
        string id = (await HearthCommand.RunAsync("inspect", "--format", "{{.Id}}", vm)).Succeeded().Line;
        string disks = Path.Combine(TestRun.Current.Home, "vms", id, "disks");
        Directory.Move(disks, disks + ".away");
        Outcome refused = (await HearthCommand.RunAsync("snapshot", "create", vm, TestRun.Current.NewName())).Ended(125);
        refused.Error.ShouldStartWith($"hearth: VM {vm} could not do it: ");
        Directory.Move(disks + ".away", disks);

        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Status}}", vm)).Succeeded().Line.ShouldBe(status);
        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task A_snapshot_of_the_disk_alone_boots_with_a_clean_file_system()
    {
        string vm = await StartCounterAsync();
        await CountAsync(vm, 2);
        string snapshot = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("snapshot", "create", "--disk-only", vm, snapshot)).Succeeded();
        (await HearthCommand.RunAsync("snapshot", "ls", "--format", "{{.Name}} {{.Kind}}", "--filter", $"vm={vm}")).Succeeded().Line.ShouldBe($"{snapshot} disk");
        await CountAsync(vm, 1);

        string clone = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--from", snapshot, "--name", clone)).Succeeded();
        (await ExecAsync(clone, "cat /memory")).ShouldBe("2");
        (await HearthCommand.RunAsync("exec", "--vm", clone, "sh", "-c", "dmesg | grep -c 'recovery required\\|orphan cleanup'")).Ended(1).Line.ShouldBe("0");
        (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
        await RemoveAsync(vm, clone);
    }

    [SkippableFact]
    public async Task What_cannot_be_is_refused_with_one_error()
    {
        string vm = await LazyVm.Shared.NameAsync();
        (await HearthCommand.RunAsync("snapshot", "create", vm, "no/name")).Ended(125).Error
            .ShouldBe("hearth: 'no/name' cannot be a snapshot's name.\n  Use letters, digits, '_', '.' and '-', at most 128, the first a letter or digit.\n");
        (await HearthCommand.RunAsync("rollback", vm, "missing")).Ended(1).Error.ShouldBe("hearth: No such snapshot: missing\n  'hearth snapshot ls' lists them.\n");
        (await HearthCommand.RunAsync("snapshot", "rm", "missing")).Ended(1).Error.ShouldBe("hearth: No such snapshot: missing\n  'hearth snapshot ls' lists them.\n");
        (await HearthCommand.RunAsync("run", "--from", "missing")).Ended(1).Error.ShouldContain("No such snapshot: missing");
        (await HearthCommand.RunAsync("fork", vm, "-n", "2", "--name", "same")).Ended(125).Error.ShouldContain("2 copies cannot have one name");
        (await HearthCommand.RunAsync("fork", vm, "-n", "0")).Ended(125).Error.ShouldContain("not a number of copies");
    }

    private static async Task<string> StartCounterAsync()
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", name, "@busybox", "--", "sh", "-c", $"mkfifo /pipe; mkfifo /done; {Counter.Replace("echo $n > /memory", "echo $n > /memory; echo > /done", StringComparison.Ordinal)}")).Succeeded();
        using HearthCommand follow = HearthCommand.Start("logs", "-f", name);
        await follow.OutputAsync("ready");
        return name;
    }

    /// <summary>Has it count; returns when it has.</summary>
    private static async Task CountAsync(string vm, int times) =>
        (await ExecAsync(vm, $"i=0; while [ $i -lt {times} ]; do echo > /pipe; read -r line < /done; i=$((i+1)); done; echo counted")).ShouldBe("counted");

    /// <summary>Disk and memory have to say the same.</summary>
    private static async Task<string> ReadAsync(string vm)
    {
        string[] both = (await ExecAsync(vm, "cat /n /memory")).Split('\n');
        both[0].ShouldBe(both[1]);
        return both[0];
    }

    private static async Task<string> ExecAsync(string vm, string script) => (await HearthCommand.RunAsync("exec", vm, "sh", "-c", script)).Succeeded().Line;

    private static async Task RemoveAsync(params string[] vms) => (await HearthCommand.RunAsync(["rm", "-f", .. vms])).Succeeded();
}

using System.Globalization;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Shares;

/// <summary>Files of the host that a guest has open while it is frozen, copied, suspended.</summary>
public sealed class FrozenShareTests
{
    [SkippableFact]
    public async Task Nothing_is_done_twice_and_nothing_left_out_across_snapshots_and_suspensions()
    {
        const int Cycles = 6;
        using TemporaryDirectory host = new();
        string vm = TestRun.Current.NewName();
        (await HearthCommand.RunAsync(
            "run", "-d", "--name", vm, "-v", $"{host.Root}:/data", "@busybox", "--",
            "sh", "-c", "cd /data; exec 3>>log; i=0; while mkdir $i; do echo $i >&3; mv $i done-$i; mkdir $i; rmdir $i; i=$((i+1)); done; echo stopped at $i >&3")).Succeeded();
        string snapshot = TestRun.Current.NewName();
        for (int i = 0; i < Cycles; i++)
        {
            (await HearthCommand.RunAsync("snapshot", "create", vm, $"{snapshot}-{i}")).Succeeded();
            (await HearthCommand.RunAsync("suspend", vm)).Succeeded();
            (await HearthCommand.RunAsync("resume", vm)).Succeeded();
            (await HearthCommand.RunAsync("snapshot", "rm", $"{snapshot}-{i}")).Succeeded();
        }

        (await HearthCommand.RunAsync("kill", vm)).Succeeded();
        (await HearthCommand.RunAsync("rm", vm)).Succeeded();
        string[] lines = await File.ReadAllLinesAsync(host["log"]);
        lines.ShouldBe(Enumerable.Range(0, lines.Length).Select(static n => n.ToString(CultureInfo.InvariantCulture)));
        lines.Length.ShouldBeGreaterThan(Cycles);
        Directory.GetDirectories(host.Root, "done-*").Length.ShouldBeInRange(lines.Length - 1, lines.Length);
    }

    [SkippableFact]
    public async Task A_copy_goes_on_with_the_same_files_and_hears_what_changed()
    {
        using TemporaryDirectory host = new();
        Directory.CreateDirectory(host["work"]);
        await File.WriteAllTextAsync(host["work/kept"], "before");
        await File.WriteAllTextAsync(host["work/removed"], "before");
        string vm = TestRun.Current.NewName();
        (await HearthCommand.RunAsync(
            "run", "-d", "--name", vm, "-w", "/data/work", "-v", $"{host.Root}:/data", "@busybox", "--",
            "sh", "-c", "exec 3<>kept 4<removed; cat kept removed >/dev/null; while [ ! -e go-$(hostname) ]; do usleep 100000; done; echo after >> own-$(hostname); cat kept; cat <&3; pwd; cat removed; cat <&4")).Succeeded();
        (await HearthCommand.RunAsync("exec", vm, "cat", "/data/work/kept", "/data/work/removed")).Succeeded().Output.ShouldBe("beforebefore");
        string copy = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("fork", vm, "--name", copy)).Succeeded();
        (await HearthCommand.RunAsync("suspend", vm)).Succeeded();
        await File.WriteAllTextAsync(host["work/kept"], "changed");
        File.Delete(host["work/removed"]);

        await File.WriteAllTextAsync(host[$"work/go-{copy}"], "");
        Outcome copied = await EndAsync(copy);
        (await HearthCommand.RunAsync("resume", vm)).Succeeded();
        await File.WriteAllTextAsync(host[$"work/go-{vm}"], "");
        Outcome original = await EndAsync(vm);

        foreach ((string name, Outcome outcome) in (ReadOnlySpan<(string, Outcome)>)[(copy, copied), (vm, original)])
        {
            outcome.Output.ShouldBeOneOf("changedchanged/data/work\nbefore", "changedchanged/data/work\n"); // What the guest still has in memory is read, or it is ESTALE.
            File.ReadAllText(host[$"work/own-{name}"]).ShouldBe("after\n");
        }

        static async Task<Outcome> EndAsync(string name)
        {
            (await HearthCommand.RunAsync("wait", name)).Succeeded();
            Outcome logs = await HearthCommand.RunAsync("logs", name);
            (await HearthCommand.RunAsync("rm", name)).Succeeded();
            return logs;
        }
    }

    [SkippableFact]
    public async Task A_snapshot_with_files_of_this_host_is_not_exported()
    {
        using TemporaryDirectory host = new();
        string vm = TestRun.Current.NewName();
        string snapshot = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", vm, "-v", $"{host.Root}:/data", "@busybox", "sleep", "1000000")).Succeeded();
        (await HearthCommand.RunAsync("snapshot", "create", vm, snapshot)).Succeeded();

        (await HearthCommand.RunAsync("snapshot", "export", "-o", host["file"], snapshot)).Ended(125).Error.ShouldContain("files of this host");

        (await HearthCommand.RunAsync("rm", "-f", vm)).Succeeded();
        (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
    }
}

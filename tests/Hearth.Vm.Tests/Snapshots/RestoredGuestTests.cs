using System.Globalization;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Snapshots;

/// <summary>What is right in a guest after it was restored: output, clock, identity, random numbers.</summary>
public sealed class RestoredGuestTests
{
    [SkippableFact]
    public async Task No_line_is_lost_and_none_comes_twice_across_suspensions_and_snapshots()
    {
        const int Cycles = 10;
        string vm = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", vm, "@busybox", "--", "sh", "-c", "i=0; while :; do echo $i; i=$((i+1)); usleep 1000; done")).Succeeded();
        string snapshot = TestRun.Current.NewName();
        for (int i = 0; i < Cycles; i++)
        {
            (await HearthCommand.RunAsync("snapshot", "create", vm, $"{snapshot}-{i}")).Succeeded();
            (await HearthCommand.RunAsync("suspend", vm)).Succeeded();
            (await HearthCommand.RunAsync("resume", vm)).Succeeded();
            (await HearthCommand.RunAsync("snapshot", "rm", $"{snapshot}-{i}")).Succeeded();
        }

        string clone = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("fork", vm, "--name", clone)).Succeeded();
        (await HearthCommand.RunAsync("exec", clone, "true")).Succeeded();
        (await HearthCommand.RunAsync("stop", "-t", "0", vm, clone)).Succeeded();
        int[] lines = await NumbersAsync(vm);
        lines.ShouldBe(Enumerable.Range(0, lines.Length));
        int[] copied = await NumbersAsync(clone);
        copied.ShouldBe(Enumerable.Range(copied[0], copied.Length));
        copied[0].ShouldBeInRange(1, lines.Length);
        (await HearthCommand.RunAsync("rm", vm, clone)).Succeeded();
    }

    [SkippableFact]
    public async Task Forks_of_one_vm_made_at_once_all_answer_and_all_differ()
    {
        const int Forks = 20;
        string vm = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", vm, "@busybox", "--", "sh", "-c", "echo 00000000000000000000000000000001 > /etc/machine-id; echo ready; sleep 1000000")).Succeeded();
        using (HearthCommand follow = HearthCommand.Start("logs", "-f", vm))
        {
            await follow.OutputAsync("ready");
        }

        string[] names = [.. Enumerable.Range(1, Forks).Select(n => $"{vm}-{n}")];
        (await HearthCommand.RunAsync("fork", vm, "-n", Forks.ToString(CultureInfo.InvariantCulture), "--name", vm + "-{n}", "--rm")).Succeeded().Lines.Length.ShouldBe(Forks);
        try
        {
            Outcome[] answers = await Task.WhenAll(names.Select(static name => HearthCommand.RunAsync("exec", name, "sh", "-c", "hostname; cat /etc/hostname; head -c 16 /dev/urandom | od -An -tx1; cat /etc/machine-id")));
            string[][] said = [.. answers.Select(static a => a.Succeeded().Lines)];
            said.Select(static lines => lines[0]).ShouldBe(names);
            said.Select(static lines => lines[1]).ShouldBe(names);
            said.Select(static lines => lines[2]).Distinct().Count().ShouldBe(Forks);
            said.Select(static lines => lines[3]).Append("00000000000000000000000000000001").Distinct().Count().ShouldBe(Forks + 1);
        }
        finally
        {
            (await HearthCommand.RunAsync(["rm", "-f", vm, .. names])).Succeeded();
        }
    }

    [SkippableFact]
    public async Task Ten_execs_at_once_right_after_a_restore_all_answer()
    {
        string vm = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", vm, "@busybox", "sleep", "1000000")).Succeeded();
        string copy = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("fork", vm, "--name", copy)).Succeeded();
        Outcome[] answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(n => HearthCommand.RunAsync("exec", copy, "echo", n.ToString(CultureInfo.InvariantCulture))));
        answers.Select(static a => a.Succeeded().Line).ShouldBe(Enumerable.Range(0, 10).Select(static n => n.ToString(CultureInfo.InvariantCulture)));
        (await HearthCommand.RunAsync("rm", "-f", vm, copy)).Succeeded();
    }

    [SkippableFact]
    public async Task A_vm_whose_output_nobody_reads_is_suspended_and_loses_none_of_it()
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", name, "@busybox", "sh", "-c", "n=0; while :; do n=$((n + 1)); echo $n; done")).Succeeded();
        using HearthCommand reader = HearthCommand.StartProgram("/bin/sh", "-c", "\"$0\" attach \"$1\" | { read line; echo read one; exec sleep 1000000; }", TestRun.Current.Binary, name);
        await reader.OutputAsync("read one");

        // Two of them take longer than the pipes and the window take to fill.
        (await HearthCommand.RunAsync("exec", name, "true")).Succeeded();
        (await HearthCommand.RunAsync("exec", name, "true")).Succeeded();

        (await HearthCommand.RunAsync("suspend", name)).Succeeded();
        reader.Kill();
        (await HearthCommand.RunAsync("resume", name)).Succeeded();

        (await HearthCommand.RunAsync("exec", name, "true")).Succeeded();
        string[] lines = (await HearthCommand.RunAsync("logs", name)).Succeeded().Lines;
        lines.ShouldBe([.. Enumerable.Range(1, lines.Length).Select(static n => $"{n}")]);
        (await HearthCommand.RunAsync("rm", "-f", name)).Succeeded();
    }

    [SkippableFact]
    public async Task The_clock_is_the_hosts_and_monotonic_time_does_not_go_back()
    {
        string vm = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", vm, "@busybox", "sleep", "1000000")).Succeeded();
        double before = await UptimeAsync(vm);
        (await HearthCommand.RunAsync("suspend", vm)).Succeeded();
        (await HearthCommand.RunAsync("resume", vm)).Succeeded();

        // The guest's clock is read between two readings of the host's; 50 ms is what it may be off.
        DateTimeOffset earliest = TimeProvider.System.GetUtcNow().AddMilliseconds(-50);
        string said = (await HearthCommand.RunAsync("exec", vm, "date", "-u", "+%s")).Succeeded().Line;
        DateTimeOffset latest = TimeProvider.System.GetUtcNow().AddMilliseconds(50);
        long seconds = long.Parse(said, CultureInfo.InvariantCulture);
        seconds.ShouldBeInRange(earliest.ToUnixTimeSeconds(), latest.ToUnixTimeSeconds());
        (await UptimeAsync(vm)).ShouldBeGreaterThanOrEqualTo(before);
        (await HearthCommand.RunAsync("rm", "-f", vm)).Succeeded();
    }

    private static async Task<int[]> NumbersAsync(string vm) =>
        [.. (await HearthCommand.RunAsync("logs", vm)).Succeeded().Lines.Select(static line => int.Parse(line, CultureInfo.InvariantCulture))];

    private static async Task<double> UptimeAsync(string vm) =>
        double.Parse((await HearthCommand.RunAsync("exec", vm, "cut", "-d", " ", "-f", "1", "/proc/uptime")).Succeeded().Line, CultureInfo.InvariantCulture);
}

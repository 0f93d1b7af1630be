using System.Diagnostics;
using System.Globalization;
using Hearth.Vm.Tests.Harness;
using static Hearth.Vm.Tests.Idle.IdleVm;

namespace Hearth.Vm.Tests.Idle;

/// <summary>VMs that suspend themselves when they are idle. Time is never waited for: what is waited for are events of the VM, or of an idle one beside it.</summary>
public sealed class IdleSuspendTests
{
    /// <summary>A number in a shell's memory; a line on its input makes it one larger, and says it.</summary>
    private const string Counter = "mkfifo /in /out; n=0; while :; do read -r line < /in; n=$((n+1)); echo $n > /out; done";

    /// <summary>Not before the pipes are there: a redirection would make a file in their place.</summary>
    private const string Count = "until [ -p /out ]; do :; done; echo > /in; cat /out";

    [SkippableFact]
    public async Task An_idle_vm_suspends_itself_and_exec_finds_it_as_it_was()
    {
        string vm = await StartAsync(["--idle-suspend", "1s"], Counter);
        (await ExecAsync(vm, Count)).ShouldBe("1");
        await IdleAsync(vm);

        (await InspectAsync(vm, "{{.State.Status}} {{.State.Pid}} {{.Hearth.SuspendedBy}} {{.Hearth.IdleSuspendSeconds}}")).ShouldBe("suspended 0 idle 1");
        (await HearthCommand.RunAsync("ps", "--filter", $"name=^{vm}$", "--format", "{{.Status}}")).Succeeded().Line.ShouldStartWith("Suspended (idle) ");

        Outcome woken = (await HearthCommand.RunAsync("exec", vm, "sh", "-c", Count)).Succeeded();
        (woken.Line, woken.Error).ShouldBe(("2", ""));
        await IdleAsync(vm);
        (await ExecAsync(vm, Count)).ShouldBe("3");
        (await InspectAsync(vm, "{{.RestartCount}}")).ShouldBe("0");
        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task A_suspended_vm_has_no_process_any_more()
    {
        string vm = await StartAsync(["--idle-suspend", "3s"], "exec sleep 1000000");
        string[] pids = (await InspectAsync(vm, "{{.State.Pid}} {{.Hearth.SupervisorPid}}")).Split(' ');
        using Process vmm = Process.GetProcessById(int.Parse(pids[0], CultureInfo.InvariantCulture));
        using Process supervisor = Process.GetProcessById(int.Parse(pids[1], CultureInfo.InvariantCulture));

        await IdleAsync(vm);

        await Task.WhenAll(vmm.WaitForExitAsync(), supervisor.WaitForExitAsync()).WaitAsync(HearthCommand.Bound);
        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task Ten_execs_at_once_wake_it_once_and_all_answer()
    {
        string vm = await StartAsync(["--idle-suspend", "5s"], Counter);
        await IdleAsync(vm);

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => ExecAsync(vm, $"echo {i}")));

        answers.ShouldBe(Enumerable.Range(0, 10).Select(static i => i.ToString(CultureInfo.InvariantCulture)));
        await IdleAsync(vm);
        (await HistoryAsync(vm)).ShouldBe("suspend idle\nresume idle\nsuspend idle");
        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task A_client_that_is_killed_while_it_wakes_a_vm_does_not_take_it_along()
    {
        string vm = await StartAsync(["--idle-suspend", "1s"], Counter);
        for (int round = 1; round <= 3; round++)
        {
            await IdleAsync(vm);
            using (HearthCommand killed = HearthCommand.Start("exec", vm, "true"))
            {
                killed.Kill();
                await killed.EndAsync();
            }

            (await ExecAsync(vm, Count)).ShouldBe(round.ToString(CultureInfo.InvariantCulture));
        }

        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task A_vm_that_suspended_itself_is_rolled_back_without_being_woken_first()
    {
        string vm = await StartAsync(["--idle-suspend", "1s"], Counter);
        (await ExecAsync(vm, Count)).ShouldBe("1");
        string snapshot = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("snapshot", "create", vm, snapshot)).Succeeded();
        (await ExecAsync(vm, Count)).ShouldBe("2");
        await IdleAsync(vm);

        (await HearthCommand.RunAsync("rollback", vm, snapshot)).Succeeded();

        (await ExecAsync(vm, Count)).ShouldBe("2");
        (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task A_vm_that_computes_or_writes_or_has_a_client_is_not_idle()
    {
        string busy = await StartAsync(["--idle-suspend", "2s"], "while :; do :; done");
        string writing = await StartAsync(["--idle-suspend", "2s"], "while :; do echo line; usleep 250000; done");
        string attached = await StartAsync(["--idle-suspend", "2s"], "exec sleep 1000000");
        string paused = await StartAsync(["--idle-suspend", "2s"], "exec sleep 1000000");
        using HearthCommand session = HearthCommand.Start("exec", "-i", attached, "sh", "-c", "echo here; cat");
        await session.OutputAsync("here");
        (await HearthCommand.RunAsync("pause", paused)).Succeeded();

        // One that does nothing was started last, and is suspended twice: more than the time has passed for all of them.
        string idle = await StartAsync(["--idle-suspend", "2s"], "exec sleep 1000000");
        await IdleAsync(idle);
        (await ExecAsync(idle, "echo woken")).ShouldBe("woken");
        await IdleAsync(idle);

        foreach (string vm in (string[])[busy, writing, attached, paused])
        {
            (await HistoryAsync(vm)).ShouldBe("");
        }

        // The end of the session starts the time.
        session.Input.Close();
        await IdleAsync(attached);
        (await session.EndAsync()).Succeeded();
        await RemoveAsync(busy, writing, attached, paused, idle);
    }

    [SkippableFact]
    public async Task A_vm_that_the_user_suspended_stays_so()
    {
        string vm = await StartAsync(["--idle-suspend", "1s"], Counter);
        await IdleAsync(vm);

        // That it suspended itself first makes no difference.
        (await HearthCommand.RunAsync("suspend", vm)).Succeeded().Line.ShouldBe(vm);
        (await HearthCommand.RunAsync("exec", vm, "true")).Ended(1).Error.ShouldBe($"hearth: VM {vm} is suspended.\n  'hearth resume {vm}' lets it go on.\n");
        (await InspectAsync(vm, "{{.State.Status}} {{.Hearth.SuspendedBy}}")).ShouldBe("suspended user");

        (await HearthCommand.RunAsync("resume", vm)).Succeeded();
        (await HistoryAsync(vm)).ShouldStartWith("suspend idle\nresume user");
        (await ExecAsync(vm, Count)).ShouldBe("1");
        (await HearthCommand.RunAsync("suspend", vm)).Succeeded();
        (await HearthCommand.RunAsync("cp", $"{vm}:/etc/hostname", "-")).Ended(1).Error.ShouldContain("is suspended");
        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task Cp_top_attach_and_fork_wake_it_and_stop_ends_its_command_in_order()
    {
        string vm = await StartAsync(["--idle-suspend", "1s"], "trap 'echo bye; exit 7' TERM; while :; do sleep 1000000 & wait; done");
        await IdleAsync(vm);
        using TemporaryDirectory directory = new();
        (await HearthCommand.RunAsync("cp", $"{vm}:/etc/hostname", directory["hostname"])).Succeeded();
        File.ReadAllText(directory["hostname"]).ShouldBe(vm + "\n");

        await IdleAsync(vm);
        (await HearthCommand.RunAsync("top", vm)).Succeeded().Output.ShouldContain("sleep 1000000");

        await IdleAsync(vm);
        string[] copies = [TestRun.Current.NewName(), TestRun.Current.NewName()];
        (await HearthCommand.RunAsync("fork", vm, "--name", copies[0])).Succeeded();
        (await HearthCommand.RunAsync("fork", vm, "--name", copies[1], "--idle-suspend", "0")).Succeeded();
        (await InspectAsync(copies[0], "{{.Hearth.IdleSuspendSeconds}}")).ShouldBe("1");
        (await InspectAsync(copies[1], "{{.Hearth.IdleSuspendSeconds}}")).ShouldBe("0");
        await IdleAsync(copies[0]);

        await IdleAsync(vm);
        (await HearthCommand.RunAsync("rm", vm)).Ended(1).Error.ShouldContain("is only idle");
        int resumed = (await HistoryAsync(vm)).Split('\n').Count(static line => line == "resume idle");
        using HearthCommand wait = HearthCommand.Start("wait", vm);
        using HearthCommand logs = HearthCommand.Start("logs", "-f", vm);
        using HearthCommand attach = HearthCommand.Start("attach", vm);
        await HappenedAsync(vm, "resume", resumed + 1);
        (await HearthCommand.RunAsync("stop", vm)).Succeeded();
        (await wait.EndAsync()).Succeeded().Line.ShouldBe("7");
        (await logs.EndAsync()).Succeeded().Line.ShouldBe("bye");
        (await attach.EndAsync()).Ended(7).Line.ShouldBe("bye");
        (await HistoryAsync(copies[1])).ShouldBe("");
        await RemoveAsync([vm, .. copies]);
    }

    [SkippableFact]
    public async Task A_vm_that_cannot_go_on_says_so_once_and_is_not_lost()
    {
        string vm = await StartAsync(["--idle-suspend", "1s"], Counter);
        await IdleAsync(vm);
        string origin = Path.Combine(TestRun.Current.Home, "vms", await InspectAsync(vm, "{{.Id}}"), "origin");
        string memory = Path.Combine(origin, "memory");
        File.Move(memory, memory + ".away");

        Outcome failed = (await HearthCommand.RunAsync("exec", vm, "true")).Ended(1);
        failed.Error.ShouldStartWith($"hearth: VM {vm} was suspended while it was idle, and does not go on: ");
        failed.Error.Split("hearth: ").Length.ShouldBe(2);
        (await InspectAsync(vm, "{{.State.Status}} {{.Hearth.SuspendedBy}}")).ShouldBe("suspended idle");

        File.Move(memory + ".away", memory);
        (await ExecAsync(vm, Count)).ShouldBe("1");
        await RemoveAsync(vm);
    }
}

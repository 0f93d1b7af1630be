using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Life;

public sealed class LifeTests
{
    [SkippableFact]
    public async Task A_created_vm_runs_on_start_and_its_files_outlive_stop_and_start()
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("create", "--name", name, "@busybox", "--", "sh", "-c", "trap 'echo bye; exit 5' TERM; cat /kept 2>/dev/null; echo up; while :; do sleep 0.1; done")).Succeeded();
        await StatusShouldBeAsync(name, "created");
        (await HearthCommand.RunAsync("start", name)).Succeeded().Line.ShouldBe(name);
        (await HearthCommand.RunAsync("exec", name, "sh", "-c", "dd if=/dev/urandom of=/big bs=64k count=64 2>/dev/null; md5sum < /big > /sum; echo kept > /kept")).Succeeded();

        (await HearthCommand.RunAsync("stop", name)).Succeeded().Line.ShouldBe(name);
        await StatusShouldBeAsync(name, "exited");
        (await HearthCommand.RunAsync("wait", name)).Succeeded().Line.ShouldBe("5");
        (await HearthCommand.RunAsync("start", name)).Succeeded();

        (await HearthCommand.RunAsync("exec", name, "sh", "-c", "[ \"$(md5sum < /big)\" = \"$(cat /sum)\" ] && cat /kept")).Succeeded().Line.ShouldBe("kept");
        (await HearthCommand.RunAsync("stop", name)).Succeeded();
        (await HearthCommand.RunAsync("logs", name)).Succeeded().Lines.ShouldBe(["up", "bye", "kept", "up", "bye"]);
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
    }

    [SkippableFact]
    public async Task Start_attached_shows_output_and_ends_with_the_exit_code()
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("create", "--name", name, "@busybox", "--", "sh", "-c", "echo seen; exit 9")).Succeeded();

        Outcome outcome = await HearthCommand.RunAsync("start", "-a", name);

        outcome.Ended(9).Output.ShouldBe("seen\n");
        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", name)).Succeeded().Line.ShouldBe("exited 9");
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
    }

    [SkippableFact]
    public async Task Pause_rename_kill_and_restart_act_on_one_running_vm()
    {
        string name = TestRun.Current.NewName(), renamed = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", name, "@busybox", "--", "sh", "-c", "trap 'echo usr1' USR1; trap 'exit 4' TERM; echo up; while :; do sleep 0.1; done")).Succeeded();

        (await HearthCommand.RunAsync("pause", name)).Succeeded();
        await StatusShouldBeAsync(name, "paused");
        (await HearthCommand.RunAsync("unpause", name)).Succeeded();
        await StatusShouldBeAsync(name, "running");

        (await HearthCommand.RunAsync("rename", name, renamed)).Succeeded();
        (await HearthCommand.RunAsync("inspect", name)).ExitCode.ShouldNotBe(0);
        using (HearthCommand logs = HearthCommand.Start("logs", "-f", renamed))
        {
            await logs.OutputAsync("up");
            (await HearthCommand.RunAsync("kill", "-s", "USR1", renamed)).Succeeded();
            await logs.OutputAsync("usr1");
        }

        (await HearthCommand.RunAsync("restart", renamed)).Succeeded();
        await StatusShouldBeAsync(renamed, "running");
        (await HearthCommand.RunAsync("kill", renamed)).Succeeded();
        (await HearthCommand.RunAsync("wait", renamed)).Succeeded().Line.ShouldBe("137");
        (await HearthCommand.RunAsync("rm", renamed)).Succeeded();
    }

    [SkippableFact]
    public async Task Stop_kills_a_command_that_ignores_the_signal_and_a_running_vm_is_removed_by_force_only()
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", name, "@busybox", "--", "sh", "-c", "trap '' TERM; while :; do sleep 0.1; done")).Succeeded();

        Outcome refused = await HearthCommand.RunAsync("rm", name);
        (await HearthCommand.RunAsync("stop", "-t", "1", name)).Succeeded();

        refused.Ended(1).Error.ShouldContain(name);
        (await HearthCommand.RunAsync("wait", name)).Succeeded().Line.ShouldBe("137");
        (await HearthCommand.RunAsync("start", name)).Succeeded();
        (await HearthCommand.RunAsync("rm", "-f", name)).Succeeded().Line.ShouldBe(name);
        (await HearthCommand.RunAsync("inspect", name)).ExitCode.ShouldNotBe(0);
    }

    [SkippableFact]
    public async Task On_failure_restarts_as_often_as_allowed()
    {
        string name = TestRun.Current.NewName();

        (await HearthCommand.RunAsync("run", "-d", "--name", name, "--restart", "on-failure:2", "@busybox", "--", "sh", "-c", "echo try; exit 6")).Succeeded();

        (await HearthCommand.RunAsync("wait", name)).Succeeded().Line.ShouldBe("6");
        (await HearthCommand.RunAsync("inspect", "--format", "{{.RestartCount}}", name)).Succeeded().Line.ShouldBe("2");
        (await HearthCommand.RunAsync("logs", name)).Succeeded().Lines.ShouldBe(["try", "try", "try"]);
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
    }

    [SkippableFact]
    public async Task Attach_joins_the_streams_and_ends_with_the_exit_code()
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "-i", "--name", name, "@busybox", "--", "sh", "-c", "read line; echo got $line; exit 8")).Succeeded();

        Outcome outcome = await HearthCommand.RunWithInputAsync("word\n"u8.ToArray(), "attach", name);

        outcome.Ended(8).Output.ShouldBe("got word\n");
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
    }

    [SkippableFact]
    public async Task A_name_in_use_is_refused_with_the_name()
    {
        string name = await LazyVm.Shared.NameAsync();

        Outcome outcome = await HearthCommand.RunAsync("run", "--rm", "--name", name, "@busybox", "true");

        outcome.Ended(125).Error.ShouldContain(name);
    }

    private static async Task StatusShouldBeAsync(string name, string status) =>
        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Status}}", name)).Succeeded().Line.ShouldBe(status);
}

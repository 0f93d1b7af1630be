using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Health;

/// <summary>Health across a VM's pauses, copies and ends.</summary>
public sealed class HealthLifeTests
{
    private const string Health = "{{.State.Health.Status}} {{len .State.Health.Log}}";

    [SkippableFact]
    public async Task A_vm_that_was_paused_or_suspended_keeps_its_health_and_is_checked_at_once()
    {
        // The next check by the interval would come in an hour.
        await using HealthVm vm = await HealthVm.WithFileAsync("1h");
        await vm.HealthyAsync();
        (await HearthCommand.RunAsync("pause", vm.Name)).Succeeded();
        (await vm.InspectAsync(Health)).ShouldBe("healthy 1");
        (await HearthCommand.RunAsync("unpause", vm.Name)).Succeeded();
        await vm.ExecAsync("rm /ok");
        (await HearthCommand.RunAsync("pause", vm.Name)).Succeeded();
        (await HearthCommand.RunAsync("unpause", vm.Name)).Succeeded();
        await vm.ChangedAsync("unhealthy");

        (await HearthCommand.RunAsync("suspend", vm.Name)).Succeeded();
        (await vm.InspectAsync("{{.State.Health.Status}}")).ShouldBe("unhealthy");
        (await HearthCommand.RunAsync("resume", vm.Name)).Succeeded();
        (await vm.StatusAsync()).ShouldEndWith(" (unhealthy)");
        await vm.ExecAsync("echo fine > /ok");
        (await HearthCommand.RunAsync("suspend", vm.Name)).Succeeded();
        using HearthCommand wait = HearthCommand.Start("wait", "--healthy", vm.Name);
        (await HearthCommand.RunAsync("resume", vm.Name)).Succeeded();
        (await wait.EndAsync()).Succeeded();
    }

    [SkippableFact]
    public async Task A_copy_begins_at_starting_and_is_checked_at_once_and_so_is_a_vm_that_was_rolled_back()
    {
        await using HealthVm vm = await HealthVm.WithFileAsync("1h");
        await vm.HealthyAsync();
        string snapshot = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("snapshot", "create", vm.Name, snapshot)).Succeeded();
        await using HealthVm copy = await vm.ForkAsync();
        await copy.HealthyAsync();
        (await copy.InspectAsync(Health)).ShouldBe("healthy 1");

        await vm.ExecAsync("rm /ok");
        (await HearthCommand.RunAsync("pause", vm.Name)).Succeeded();
        (await HearthCommand.RunAsync("unpause", vm.Name)).Succeeded();
        await vm.ChangedAsync("unhealthy");
        (await HearthCommand.RunAsync("rollback", vm.Name, snapshot)).Succeeded();
        await vm.ChangedAsync("healthy", 2);
        (await vm.InspectAsync(Health)).ShouldBe("healthy 1");
        (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
    }

    [SkippableFact]
    public async Task No_check_is_in_a_snapshot()
    {
        await using HealthVm vm = await HealthVm.StartAsync(["--health-cmd", "echo $$ >> /checks; sleep 1000000", "--health-interval", "1s"], "exec sleep 2000000");
        await vm.ExecAsync("until [ -s /checks ]; do usleep 20000; done");

        await using HealthVm copy = await vm.ForkAsync();

        // The copy's own check comes at once, and is the only one.
        await copy.ExecAsync("until [ $(wc -l < /checks) -ge 2 ]; do usleep 20000; done");
        (await copy.ExecAsync("ps -o args | grep -c '^sleep 1000000'")).ShouldBe("1");
    }

    [SkippableFact]
    public async Task Checks_do_not_keep_an_idle_vm_awake_and_end_with_its_suspension()
    {
        // It logs every check, as web servers do.
        await using HealthVm vm = await HealthVm.StartAsync(
            ["--idle-suspend", "6s", "--health-cmd", "echo checked > /proc/1/fd/1; test -e /ok", "--health-interval", "2s"], "touch /ok; exec sleep 1000000");
        await vm.HealthyAsync();

        await vm.HappenedAsync("suspend");

        string checks = await vm.InspectAsync("{{json .State.Health}} {{.State.Status}}");
        checks.ShouldEndWith(" suspended");
        checks.ShouldContain("\"Status\":\"healthy\"");
        (await vm.ExecAsync("echo awake")).ShouldBe("awake");
        (await vm.InspectAsync("{{.State.Health.Status}}")).ShouldBe("healthy");
    }

    [SkippableFact]
    public async Task A_container_that_becomes_unhealthy_is_killed_stopped_or_started_again_when_that_was_asked()
    {
        const string Script = "trap 'exit 5' TERM; rm -f /fail; while :; do sleep 1000000 & wait; done";
        string[] options = ["--health-cmd", "test ! -e /fail", "--health-interval", "1s", "--health-retries", "1", "--health-on-failure"];
        await using HealthVm killed = await HealthVm.StartAsync([.. options, "kill"], Script);
        await using HealthVm stopped = await HealthVm.StartAsync([.. options, "stop"], Script);
        await using HealthVm restarted = await HealthVm.StartAsync([.. options, "restart"], Script);
        foreach (HealthVm vm in (HealthVm[])[killed, stopped, restarted])
        {
            await vm.HealthyAsync();
            await vm.ExecAsync("touch /fail");
        }

        (await HearthCommand.RunAsync("wait", killed.Name, stopped.Name)).Succeeded().Lines.ShouldBe(["137", "5"]);
        await restarted.ChangedAsync("healthy", 2);
        (await restarted.InspectAsync("{{.RestartCount}} {{.State.Status}}")).ShouldBe("1 running");
    }
}

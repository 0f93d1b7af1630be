using System.Globalization;
using Hearth.Vm.Tests.Harness;
using Hearth.Vm.Tests.Images;

namespace Hearth.Vm.Tests.Health;

/// <summary>Checks of all kinds, what is seen of them, and waiting for them.</summary>
public sealed class HealthTests
{
    private const string LastResult = "{{range .State.Health.Log}}{{.ExitCode}} {{.Output}}|{{end}}";

    [SkippableFact]
    public async Task A_command_decides_and_its_health_is_seen_everywhere()
    {
        await using HealthVm vm = await HealthVm.WithFileAsync();
        await vm.HealthyAsync();

        (await vm.StatusAsync()).ShouldEndWith(" (healthy)");
        (await vm.InspectAsync("{{.State.Health.Status}} {{.State.Health.FailingStreak}} {{index .Config.Healthcheck.Test 0}} {{.Config.Healthcheck.Interval}}")).ShouldBe("healthy 0 CMD-SHELL 1000000000");
        (await vm.InspectAsync(LastResult)).ShouldEndWith("0 fine\n|");
        (await HearthCommand.RunAsync("ps", "--filter", "health=healthy", "--format", "{{.Names}}")).Succeeded().Lines.ShouldContain(vm.Name);

        await vm.ExecAsync("rm /ok");
        await vm.ChangedAsync("unhealthy");

        (await vm.StatusAsync()).ShouldEndWith(" (unhealthy)");
        (await vm.InspectAsync(LastResult)).ShouldEndWith("1 cat: can't open '/ok': No such file or directory\n|");
        (await HearthCommand.RunAsync("ps", "--filter", "health=healthy", "--format", "{{.Names}}")).Succeeded().Lines.ShouldNotContain(vm.Name);

        await vm.ExecAsync("echo again > /ok");
        await vm.ChangedAsync("healthy", 2);
        (await vm.InspectAsync("{{.State.Health.Status}} {{.State.Health.FailingStreak}}")).ShouldBe("healthy 0");
    }

    [SkippableFact]
    public async Task A_get_of_a_port_on_the_guests_loopback_decides_by_its_status()
    {
        await using HealthVm vm = await HealthVm.StartAsync(
            ["--health-http", ":8080/healthz", "--health-interval", "1s", "--health-retries", "1"],
            "mkdir /w; echo fine > /w/healthz; httpd -p 127.0.0.1:8080 -h /w; exec sleep 1000000");
        await vm.HealthyAsync();
        (await vm.InspectAsync(LastResult)).ShouldEndWith("0 HTTP 200 OK\nfine\n|");

        await vm.ExecAsync("rm /w/healthz");
        await vm.ChangedAsync("unhealthy");

        (await vm.InspectAsync(LastResult)).ShouldContain("1 HTTP 404 Not Found\n");
    }

    [SkippableTheory]
    [InlineData("$(hostname -i)", "10.0.2.1", "--egress", "none")] // The supervisor asks, from the gateway's address.
    [InlineData("127.0.0.1", "127.0.0.1")] // The agent does, for who listens there alone.
    [InlineData("127.0.0.1", "127.0.0.1", "--network", "none")]
    public async Task A_get_comes_through_the_network_and_through_the_agent_where_that_refuses(string bind, string peer, params string[] network)
    {
        await using HealthVm vm = await HealthVm.StartAsync(
            [.. network, "--health-http", ":8080/cgi-bin/peer"],
            $$"""
            mkdir -p /w/cgi-bin; printf '#!/bin/sh\nprintf "Content-Type: text/plain\r\n\r\n"; echo peer $REMOTE_ADDR\n' > /w/cgi-bin/peer; chmod +x /w/cgi-bin/peer
            httpd -p {{bind}}:8080 -h /w; exec sleep 1000000
            """);
        await vm.HealthyAsync();

        (await vm.InspectAsync(LastResult)).ShouldEndWith($"peer {peer}\n|");
    }

    [SkippableTheory]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    public async Task A_port_that_accepts_is_healthy_and_one_that_does_not_is_not(string address)
    {
        await using HealthVm vm = await HealthVm.StartAsync(
            ["--health-tcp", "7000", "--health-interval", "1s", "--health-retries", "1"], $"mkdir /w; httpd -p {address}:7000 -h /w; exec sleep 1000000");
        await vm.HealthyAsync();

        await vm.ExecAsync("killall httpd");
        await vm.ChangedAsync("unhealthy");

        (await vm.InspectAsync(LastResult)).ShouldEndWith("1 Nothing listens on port 7000 of the VM.|");
    }

    [SkippableFact]
    public async Task A_command_that_takes_too_long_is_killed_with_all_that_it_started_and_what_it_said_is_kept_in_part()
    {
        await using HealthVm vm = await HealthVm.StartAsync(
            ["--health-cmd", "head -c 10000 /dev/zero | tr '\\0' x; sleep 4321 & sleep 1234", "--health-timeout", "1s", "--health-interval", "1s", "--health-retries", "1"], "exec sleep 1000000");
        await vm.ChangedAsync("unhealthy");

        string last = await vm.InspectAsync("{{(index .State.Health.Log 0).ExitCode}} {{(index .State.Health.Log 0).Output}}");
        last.ShouldBe("-1 Health check exceeded timeout (1s): " + new string('x', 4096) + "...");

        // The container's own, and those of the check under way.
        int.Parse(await vm.ExecAsync("ps -o args | grep -c '^sleep '"), CultureInfo.InvariantCulture).ShouldBeLessThanOrEqualTo(3);
    }

    [SkippableFact]
    public async Task An_images_check_is_made_and_options_change_it_or_turn_it_off()
    {
        TestRun.NeedProgram("skopeo");
        using TemporaryDirectory directory = new();
        byte[] busybox = (await HearthCommand.RunAsync("run", "--rm", "@busybox", "cat", "/bin/busybox")).Succeeded().OutputBytes;
        using (LayerTar tar = new())
        {
            tar.Directory("bin").File("bin/busybox", busybox, 0b111_101_101).Symlink("bin/sh", "busybox").Symlink("bin/sleep", "busybox").Symlink("bin/echo", "busybox");
            tar.Directory("dev").Directory("proc").Directory("sys").Directory("tmp").Directory("etc");
            OciLayout.Write(
                directory["layout"],
                "checked",
                """{"Cmd":["/bin/sleep","1000000"],"Healthcheck":{"Test":["CMD-SHELL","echo from the image"],"Interval":1000000000,"Retries":7}}""",
                tar.ToArray());
        }

        string image = $"oci:{directory["layout"]}:checked";
        await using HealthVm own = await HealthVm.StartAsync(["--health-retries", "9", image], (string[])[]);
        await own.HealthyAsync();
        (await own.InspectAsync("{{(index .State.Health.Log 0).Output}}{{.Config.Healthcheck.Retries}} {{.Config.Healthcheck.Interval}}")).ShouldBe("from the image\n9 1000000000");

        await using HealthVm off = await HealthVm.StartAsync(["--no-healthcheck", image], (string[])[]);
        (await off.StatusAsync()).ShouldNotContain("health");
        string all = await off.InspectAsync("{{json .}}");
        all.ShouldNotContain("\"Healthcheck\":");
        all.ShouldNotContain("\"Health\":");
        (await HearthCommand.RunAsync("wait", "--healthy", off.Name)).Ended(1).Error.ShouldStartWith($"hearth: VM {off.Name} has no health check.\n");

        // Nobody asked for it: the application is not frozen.
        (await HearthCommand.RunAsync("inspect", "--format", "{{.Id}}", own.Name)).Succeeded();
        (await HearthCommand.RunAsync("template", "ls", "--format", "{{.Image}} {{.Ready}}")).Succeeded().Lines.ShouldNotContain($"{image} healthy");
    }

    [SkippableFact]
    public async Task Waiting_fails_clearly_when_time_is_up_or_the_vm_ends()
    {
        await using HealthVm vm = await HealthVm.StartAsync(["--health-cmd", "echo not yet; exit 3"], "exec sleep 1000000");
        Outcome late = (await HearthCommand.RunAsync("wait", "--healthy", "--timeout", "2s", vm.Name)).Ended(1);
        late.Output.ShouldBeEmpty();
        late.Error.ShouldBe(
            $"hearth: VM {vm.Name} is not healthy after 2s; its health is starting. The last check ended with 3: not yet\n"
            + $"  'hearth inspect {vm.Name}' shows the last checks, 'hearth logs {vm.Name}' what the container said.\n");

        using HearthCommand wait = HearthCommand.Start("wait", "--healthy", vm.Name);
        (await HearthCommand.RunAsync("kill", vm.Name)).Succeeded();
        (await wait.EndAsync()).Ended(1).Error.ShouldStartWith($"hearth: VM {vm.Name} ended before it was healthy, with exit code 137.\n");
    }

    [SkippableFact]
    public async Task A_run_that_gives_up_waiting_or_is_killed_meanwhile_ends_its_vm_and_holds_nothing()
    {
        string name = TestRun.Current.NewName();
        string[] run = ["run", "-d", "--name", name, "--snapshot-when", "never", "--health-cmd", "test -e /ok", "--wait-healthy"];
        string[] command = ["@busybox", "sh", "-c", "trap 'exit 4' TERM; while :; do sleep 1000000 & wait; done"];
        Outcome gaveUp = (await HearthCommand.RunAsync([.. run, "2s", .. command])).Ended(1);
        (gaveUp.Output, gaveUp.Error.Split('\n')[0]).ShouldBe(("", $"hearth: VM {name} is not healthy after 2s; its health is starting. The last check ended with 1: it said nothing."));
        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", name)).Succeeded().Line.ShouldBe("exited 4");

        // Its locks are free: it starts, and goes, at once; and so does the next of its name.
        (await HearthCommand.RunAsync("start", name)).Succeeded();
        (await HearthCommand.RunAsync("rm", "-f", name)).Succeeded();
        using (HearthCommand killed = HearthCommand.Start([.. run, "1h", "--rm", .. command]))
        {
            using HearthCommand events = HearthCommand.Start("events", "--since", "1h", "--filter", "event=start", "--filter", $"container={name}", "--format", "{{.Action}}");
            await events.OutputAsync("start\nstart\nstart");
            killed.Kill();
            await killed.EndAsync();
        }

        using HearthCommand gone = HearthCommand.Start("events", "--since", "1h", "--filter", "event=destroy", "--filter", $"container={name}", "--format", "{{.Action}}");
        await gone.OutputAsync("destroy\ndestroy");
        (await HearthCommand.RunAsync([.. run, "2m", "--rm", "@busybox", "sh", "-c", "touch /ok; exec sleep 1000000"])).Succeeded();
        (await HearthCommand.RunAsync("rm", "-f", name)).Succeeded();
    }
}

using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Health;

/// <summary>Alone: templates are counted and removed. Each test has a size of memory of its own.</summary>
[Collection(AloneCollection.Name)]
public sealed class HealthyTemplateTests
{
    private const string Application = "head -c 16 /dev/urandom | md5sum | cut -c1-32 > /token; touch /ready; exec sleep 1000000";

    [SkippableFact]
    public async Task A_detached_run_with_a_check_of_its_own_goes_on_from_the_application_that_was_healthy()
    {
        const string Memory = "361M";
        string[] options = ["-m", Memory, "--health-cmd", "test -e /ready", "@busybox"];
        await using HealthVm first = await HealthVm.StartAsync(options, ["sh", "-c", Application]);
        await first.HappenedAsync("template");
        string token = await first.ExecAsync("cat /token");

        await using HealthVm second = await HealthVm.StartAsync(options, ["sh", "-c", Application]);
        await second.HealthyAsync();

        (await second.ExecAsync("cat /token")).ShouldBe(token);
        (await second.InspectAsync("{{len .State.Health.Log}}")).ShouldBe("1");
        await using HealthVm other = await HealthVm.StartAsync(["--health-interval", "1s", .. options[..2], "--health-cmd", "test -f /ready", "@busybox"], ["sh", "-c", Application]);
        await other.HappenedAsync("template");
        (await other.ExecAsync("cat /token")).ShouldNotBe(token);
        await ForgetAsync(Memory);
    }

    [SkippableFact]
    public async Task A_foreground_run_and_one_that_says_never_start_from_the_beginning()
    {
        const string Memory = "362M";
        string[] check = ["-m", Memory, "--health-cmd", "test -e /ready"];
        (await HearthCommand.RunAsync(["run", "--rm", .. check, "@busybox", "sh", "-c", "touch /ready; sleep 2; echo done"])).Succeeded().Line.ShouldBe("done");
        await using HealthVm never = await HealthVm.StartAsync(["--snapshot-when", "never", .. check, "@busybox"], ["sh", "-c", Application]);
        await never.HealthyAsync();
        (await HearthCommand.RunAsync("stop", "-t", "0", never.Name)).Succeeded();

        (await HearthCommand.RunAsync("template", "ls", "--format", "{{.Memory}} {{.Ready}}")).Succeeded().Lines.ShouldNotContain("362MiB healthy");
        await ForgetAsync(Memory);
    }

    [SkippableFact]
    public async Task Being_healthy_needs_a_check() =>
        (await HearthCommand.RunAsync("run", "--rm", "--snapshot-when", "healthy", "@busybox", "true")).Ended(125).Error
            .ShouldBe("hearth: --snapshot-when healthy: image '@busybox' has no health check, and none was given.\n  Give one: --health-cmd, --health-http or --health-tcp.\n");

    private static async Task ForgetAsync(string memory)
    {
        string[] keys = [.. (await HearthCommand.RunAsync("template", "ls", "--no-trunc", "--format", "{{.Memory}} {{.Key}}")).Succeeded().Lines
            .Where(line => line.StartsWith($"{memory}iB ", StringComparison.Ordinal)).Select(static line => line.Split(' ')[1])];
        (await HearthCommand.RunAsync(["template", "rm", .. keys])).Succeeded();
    }
}

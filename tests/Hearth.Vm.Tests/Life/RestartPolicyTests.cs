using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Life;

public sealed class RestartPolicyTests
{
    /// <summary>Counts its runs on the VM's own disk.</summary>
    private const string Count = "echo >> /runs; n=$(wc -l < /runs); echo run $n; ";

    [SkippableFact]
    public async Task Always_starts_it_again_after_success_too_until_it_is_stopped()
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", name, "--restart", "always", "@busybox", "--", "sh", "-c", Count + "[ $n -lt 3 ] || exec sleep 1000")).Succeeded();
        using (HearthCommand follow = HearthCommand.Start("logs", "-f", name))
        {
            await follow.OutputAsync("run 3");
            (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Status}} {{.RestartCount}} {{.HostConfig.RestartPolicy.Name}}", name)).Succeeded().Line.ShouldBe("running 2 always");

            (await HearthCommand.RunAsync("stop", "-t", "0", name)).Succeeded();

            (await follow.EndAsync()).Succeeded().Lines.ShouldBe(["run 1", "run 2", "run 3"]);
        }

        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Status}} {{.RestartCount}}", name)).Succeeded().Line.ShouldBe("exited 2");
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
    }

    [SkippableFact]
    public async Task On_failure_leaves_it_when_it_succeeds()
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", name, "--restart", "on-failure:5", "@busybox", "--", "sh", "-c", Count + "[ $n -eq 2 ]")).Succeeded();

        (await HearthCommand.RunAsync("wait", name)).Succeeded().Line.ShouldBe("0");

        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Status}} {{.RestartCount}}", name)).Succeeded().Line.ShouldBe("exited 1");
        (await HearthCommand.RunAsync("logs", name)).Succeeded().Lines.ShouldBe(["run 1", "run 2"]);
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
    }
}

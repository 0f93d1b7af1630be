using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Networks;

/// <summary>A host that gives VMs no network, as a person sees it. <see cref="HearthCommand.ErrorSoFar"/> has the line that outcomes are without.</summary>
public sealed class MissingNetworkTests
{
    [SkippableFact]
    public async Task A_vm_that_gets_no_network_is_made_with_one_line_that_says_so()
    {
        RequireObstacle();
        using HearthCommand run = HearthCommand.Start("run", "--rm", "@busybox", "sh", "-c", "ls /sys/class/net");
        run.Input.Close();

        (await run.EndAsync()).Succeeded().Line.ShouldBe("lo");

        run.ErrorSoFar.ShouldBe(MissingNetwork.Warning);
    }

    [SkippableTheory]
    [InlineData(0, "run", "--rm", "--network", "none", "@busybox", "true")]
    [InlineData(125, "run", "--rm", "-m", "1M", "@busybox", "true")]
    [InlineData(125, "run", "--rm", "--snapshot-when", "healthy", "@busybox", "true")]
    [InlineData(125, "run", "--rm", "--network", "rootless", "@busybox", "true")]
    public async Task Nothing_is_said_when_that_was_asked_for_or_no_vm_is_made(int exitCode, params string[] arguments)
    {
        RequireObstacle();
        using HearthCommand run = HearthCommand.Start(arguments);
        run.Input.Close();

        (await run.EndAsync()).Ended(exitCode);

        run.ErrorSoFar.ShouldNotContain("warning");
    }

    private static void RequireObstacle() => Skip.If(MissingNetwork.Obstacle is null, "VMs get a network here");
}

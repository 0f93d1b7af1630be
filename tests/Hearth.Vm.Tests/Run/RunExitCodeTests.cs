using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Run;

public sealed class RunExitCodeTests
{
    [SkippableTheory]
    [InlineData(0, "true")]
    [InlineData(7, "sh", "-c", "exit 7")]
    [InlineData(126, "/etc")]
    [InlineData(127, "no-such-program")]
    public async Task Run_ends_with_the_exit_code_of_the_command(int expected, params string[] command) =>
        (await HearthCommand.RunAsync(["run", "--rm", "@busybox", "--", .. command])).Ended(expected);

    [SkippableFact]
    public async Task A_command_that_is_missing_is_named()
    {
        Outcome outcome = await HearthCommand.RunAsync("run", "--rm", "@busybox", "--", "no-such-program");

        outcome.Ended(127).Error.ShouldContain("\"no-such-program\": executable file not found in $PATH");
        outcome.OutputBytes.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task A_signal_that_ends_the_command_gives_128_and_its_number() =>
        (await HearthCommand.RunAsync("run", "--rm", "--init", "@busybox", "--", "sh", "-c", "kill -TERM $$")).Ended(143);

    [SkippableTheory]
    [InlineData("104M")]
    [InlineData("128M")]
    [InlineData("256M")]
    public async Task A_command_that_takes_all_memory_is_killed_soon_and_the_user_is_told(string memory)
    {
        // Without the limit in time the guest itself runs out, and is then still reading its programs again after minutes.
        Outcome outcome = await HearthCommand.RunAsync("run", "--rm", "-m", memory, "--timeout", "120s", "@busybox", "--", "tail", "/dev/zero");

        outcome.Ended(137).Error.ShouldBe("hearth: out of memory: a process of the container was killed; --memory gives the VM more\n");
    }

    [SkippableFact]
    public async Task The_least_memory_is_enough_to_boot_to_restore_and_to_run_a_command()
    {
        (await HearthCommand.RunAsync("run", "--rm", "-m", "103M", "@busybox", "true")).Ended(125)
            .Error.ShouldBe("hearth: -m 103M: too small to boot; the least is 104M.\n  Give -m 104M or more.\n");
        (await HearthCommand.RunAsync("run", "--rm", "-m", "104M", "--no-template", "@busybox", "true")).Ended(0).Error.ShouldBeEmpty();
        (await HearthCommand.RunAsync("run", "--rm", "-m", "104M", "@busybox", "true")).Ended(0).Error.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task A_run_past_its_timeout_ends_with_124()
    {
        Outcome outcome = await HearthCommand.RunAsync("run", "--rm", "--timeout", "1s", "@busybox", "--", "sh", "-c", "echo begun; sleep 1000");

        outcome.Ended(124).Output.ShouldBe("begun\n");
    }

    [SkippableTheory]
    [InlineData("run", "--no-such-flag", "@busybox")]
    [InlineData("run")]
    [InlineData("no-such-command")]
    public async Task Wrong_usage_ends_with_2(params string[] arguments)
    {
        Outcome outcome = (await HearthCommand.RunAsync(arguments)).Ended(2);

        outcome.OutputBytes.ShouldBeEmpty();
        outcome.Error.ShouldNotBeEmpty();
    }

    [SkippableTheory]
    [InlineData("127.0.0.1:1", "run", "--rm", "127.0.0.1:1/none:latest")]
    [InlineData("@no-such-entry", "run", "--rm", "@no-such-entry")]
    [InlineData("10M", "run", "--rm", "-m", "10M", "@busybox", "true")]
    [InlineData("lots", "run", "--rm", "-m", "lots", "@busybox", "true")]
    [InlineData("No_Label", "run", "--rm", "--name", "No_Label", "@busybox", "true")]
    [InlineData("no-such-kernel", "run", "--rm", "--kernel", "no-such-kernel", "@busybox", "true")]
    [InlineData("absent.tar", "run", "--rm", "docker-archive:/absent.tar", "true")]
    public async Task What_hearth_itself_cannot_do_is_said_in_three_lines_at_most(string subject, params string[] arguments)
    {
        Outcome outcome = await HearthCommand.RunAsync(arguments);

        outcome.ExitCode.ShouldBeOneOf(125, 2);
        outcome.OutputBytes.ShouldBeEmpty();
        outcome.Error.ShouldContain(subject);
        outcome.Error.ShouldNotContain("   at Hearth");
        outcome.Error.TrimEnd('\n').Split('\n').Count(static line => !line.StartsWith("pulling", StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(3, outcome.ToString());
    }
}

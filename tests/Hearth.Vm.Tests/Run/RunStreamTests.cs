using System.Security.Cryptography;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Run;

public sealed class RunStreamTests
{
    [SkippableFact]
    public async Task Hello_comes_out_and_nothing_else()
    {
        Outcome outcome = (await HearthCommand.RunAsync("run", "--rm", "@busybox", "--", "echo", "hello")).Succeeded();

        outcome.Output.ShouldBe("hello\n");
    }

    [SkippableFact]
    public async Task Every_byte_and_eight_mebibytes_pass_both_ways_and_the_end_of_input_too()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(static value => (byte)value)];
        byte[] input = [.. all, .. RandomNumberGenerator.GetBytes(8 << 20), .. all];

        Outcome outcome = (await HearthCommand.RunWithInputAsync(input, "run", "--rm", "-i", "@busybox", "--", "cat")).Succeeded();

        outcome.OutputBytes.Length.ShouldBe(input.Length);
        outcome.OutputBytes.AsSpan().SequenceEqual(input).ShouldBeTrue();
    }

    [SkippableFact]
    public async Task Output_and_errors_stay_apart()
    {
        Outcome outcome = (await HearthCommand.RunAsync("run", "--rm", "@busybox", "--", "sh", "-c", "echo out; echo err >&2; exit 3")).Ended(3);

        outcome.Output.ShouldBe("out\n");
        outcome.Error.ShouldBe("err\n");
    }

    [SkippableFact]
    public async Task Without_interactive_the_command_sees_the_end_of_input_at_once()
    {
        using HearthCommand command = HearthCommand.Start("run", "--rm", "@busybox", "--", "sh", "-c", "cat; echo read");

        (await command.EndAsync()).Succeeded().Output.ShouldBe("read\n");
    }

    [SkippableFact]
    public async Task Rm_leaves_nothing_and_its_name_is_free_again()
    {
        string name = TestRun.Current.NewName();

        (await HearthCommand.RunAsync("run", "--rm", "--name", name, "@busybox", "--", "hostname")).Succeeded().Line.ShouldBe(name);

        (await HearthCommand.RunAsync("inspect", name)).ExitCode.ShouldNotBe(0);
        (await HearthCommand.RunAsync("create", "--name", name, "@busybox")).Succeeded();
        (await HearthCommand.RunAsync("rm", name)).Succeeded().Line.ShouldBe(name);
    }

    [SkippableFact]
    public async Task A_reader_that_goes_away_ends_the_run()
    {
        Outcome outcome = await HearthCommand.RunProgramAsync("/bin/sh", "-c", "\"$0\" run --rm @busybox -- sh -c 'while echo y; do :; done' | head -n 1", TestRun.Current.Binary);

        outcome.Succeeded().Output.ShouldBe("y\n");
    }
}

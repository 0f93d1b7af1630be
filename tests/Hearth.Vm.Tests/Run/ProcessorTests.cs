using System.Globalization;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Run;

/// <summary>A container with half a CPU that wants all of one, seen from inside, by <c>stats</c>, and in its supervisor's log.</summary>
public sealed class ProcessorTests
{
    [SkippableFact]
    public async Task Half_a_cpu_is_the_limit_and_the_stream_of_stats_shows_it_until_the_vm_ends()
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", name, "--cpus", "0.5", "--log-level", "debug", "@busybox", "--", "sh", "-c", "while :; do :; done")).Succeeded();
        (await HearthCommand.RunAsync("exec", name, "cat", "/sys/fs/cgroup/cpu.max")).Succeeded().Line.ShouldBe("50000 100000");
        (await HearthCommand.RunAsync("inspect", "--format", "{{.HostConfig.NanoCpus}} {{.Hearth.Vcpus}}", name)).Succeeded().Line.ShouldBe("500000000 1");

        const string Third = "\"$0\" stats --format '{{.Name}} {{.CPUPerc}} {{.PIDs}}' \"$1\" | { read a; read b; read c; echo third; echo \"$a\"; echo \"$b\"; echo \"$c\"; cat; }";
        using HearthCommand stats = HearthCommand.StartProgram("/bin/sh", "-c", Third, TestRun.Current.Binary, name);
        await stats.OutputAsync("third");
        string log = await File.ReadAllTextAsync((await HearthCommand.RunAsync("inspect", "--format", "{{.Hearth.SupervisorLog}}", name)).Succeeded().Line);
        (await HearthCommand.RunAsync("rm", "-f", name)).Succeeded();

        Outcome outcome = (await stats.EndAsync()).Succeeded();
        string[][] rounds = [.. outcome.Lines.Select(static line => line.Split(' ')).Where(static words => words.Length == 3 && words[1] != "--")];
        rounds.Length.ShouldBeGreaterThanOrEqualTo(3, outcome.ToString());
        rounds.ShouldAllBe(words => words[0] == name && int.Parse(words[2], CultureInfo.InvariantCulture) > 0);

        // Half of one, with what a period more or less in a second can add.
        rounds.Average(static words => double.Parse(words[1].TrimEnd('%'), CultureInfo.InvariantCulture)).ShouldBeInRange(5, 65);
        log.ShouldContain(" info start\n");
        log.ShouldContain(", container: ");
        log.ShouldContain(" debug asked: StatsRequest\n");
    }

    [SkippableFact]
    public async Task A_supervisor_that_has_nothing_to_warn_of_writes_no_log()
    {
        string name = await LazyVm.Shared.NameAsync();

        string log = (await HearthCommand.RunAsync("inspect", "--format", "{{.Hearth.SupervisorLog}}", name)).Succeeded().Line;

        Directory.Exists(Path.GetDirectoryName(log)).ShouldBeTrue();
        File.Exists(log).ShouldBeFalse();
    }
}

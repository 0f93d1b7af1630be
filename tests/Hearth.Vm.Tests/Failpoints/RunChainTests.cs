using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Failpoints;

/// <summary>A run whose client is killed or interrupted before the container runs.</summary>
public sealed class RunChainTests(FrozenSource frozen) : IClassFixture<FrozenSource>
{
    [SkippableTheory]
    [InlineData("run.made", "KILL", "-d")]
    [InlineData("run.made", "KILL", "-i")]
    [InlineData("run.made", "INT", "-d")]
    [InlineData("restore.begun", "KILL", "-i")]
    [InlineData("restore.runs", "KILL", "-d")]
    [InlineData("restore.runs", "INT", "-d")]
    public async Task A_vm_whose_run_ends_before_its_container_runs_is_not_kept(string step, string signal, string mode)
    {
        string vm = TestRun.Current.NewName();
        await EndedLeavesNothingAsync(step, signal, vm, "run", mode, "--name", vm, "@busybox", "sleep", "1000000");

        (await HearthCommand.RunAsync("run", "--rm", "--name", vm, "@busybox", "echo", "next")).Succeeded().Line.ShouldBe("next"); // Its name is free.
    }

    [SkippableTheory]
    [InlineData("run.made", "KILL")]
    [InlineData("restore.runs", "KILL")]
    [InlineData("restore.runs", "INT")]
    public async Task Nor_is_one_that_was_to_go_on_from_a_snapshot(string step, string signal)
    {
        (string source, string snapshot) = await frozen.NamesAsync();
        string vm = TestRun.Current.NewName();

        await EndedLeavesNothingAsync(step, signal, vm, "run", "-d", "--from", snapshot, "--name", vm);

        await ChainRun.AnswersAsync(source);
    }

    [SkippableFact]
    public async Task A_vm_that_was_only_created_stays()
    {
        string vm = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("create", "--name", vm, "@busybox", "true")).Succeeded();

        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Status}}", vm)).Succeeded().Line.ShouldBe("created");
        (await HearthCommand.RunAsync("rm", vm)).Succeeded();
    }

    [SkippableFact]
    public async Task A_run_that_fails_stays_to_say_why()
    {
        string vm = TestRun.Current.NewName();

        Outcome failed = await HearthCommand.RunAsync("run", "--name", vm, "@busybox", "--", "/no/such/program");

        failed.ExitCode.ShouldNotBe(0);
        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Status}}", vm)).Succeeded().Line.ShouldBe("exited");
        (await HearthCommand.RunAsync("rm", vm)).Succeeded();
    }

    private static async Task EndedLeavesNothingAsync(string step, string signal, string vm, params string[] arguments)
    {
        using HeldChain held = await HeldChain.CreateAsync(step);
        using HearthCommand run = ChainRun.Start(held, arguments);
        Task<Outcome> ending = run.EndAsync();
        await held.ReachedAsync(ending);
        string id = HostTraces.IdOf(vm);
        (await HearthCommand.RunAsync("ps", "-a", "--format", "{{.Names}}")).Succeeded().Lines.ShouldContain(vm); // Nobody takes it for abandoned.

        (await HearthCommand.RunProgramAsync("kill", $"-{signal}", $"{run.ProcessId}")).Succeeded();
        held.Release("");
        (await ending).ExitCode.ShouldNotBe(0);
        await HostTraces.NoProcessAsync(id);

        (await HearthCommand.RunAsync("ps", "-a", "--format", "{{.Names}}")).Succeeded().Lines.ShouldNotContain(vm);
        Directory.Exists(Path.Combine(TestRun.Current.Home, "vms", id)).ShouldBeFalse();
        await HostTraces.NothingAsync(id);
    }
}

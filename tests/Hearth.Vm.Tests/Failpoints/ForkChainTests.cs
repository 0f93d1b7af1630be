using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Failpoints;

/// <summary>A fork whose client is killed or interrupted before its copies run.</summary>
public sealed class ForkChainTests
{
    [SkippableTheory]
    [InlineData("fork.made", "KILL")]
    [InlineData("restore.begun", "KILL")]
    [InlineData("restore.runs", "KILL")]
    [InlineData("restore.runs", "INT")]
    public async Task A_copy_whose_command_ends_before_it_runs_is_not_kept(string step, string signal)
    {
        string vm = await LazyVm.Shared.NameAsync();
        string copy = TestRun.Current.NewName();
        using HeldChain held = await HeldChain.CreateAsync(step);
        using HearthCommand fork = ChainRun.Start(held, "fork", vm, "--name", copy);
        Task<Outcome> ending = fork.EndAsync();
        await held.ReachedAsync(ending);
        string id = HostTraces.IdOf(copy);
        (await HearthCommand.RunAsync("ps", "-a", "--format", "{{.Names}}")).Succeeded().Lines.ShouldContain(copy); // Nobody takes it for abandoned.

        (await HearthCommand.RunProgramAsync("kill", $"-{signal}", $"{fork.ProcessId}")).Succeeded();
        held.Release("");
        await ending;
        await HostTraces.NoProcessAsync(id);

        (await HearthCommand.RunAsync("ps", "-a", "--format", "{{.Names}}")).Succeeded().Lines.ShouldNotContain(copy);
        Directory.Exists(Path.Combine(TestRun.Current.Home, "vms", id)).ShouldBeFalse();
        await HostTraces.NothingAsync(id);
        (await HearthCommand.RunAsync("events", "--since", "10m", "--until", "0s", "--filter", $"container={copy}", "--format", "{{.Action}}")).Succeeded().Lines[^1].ShouldBe("destroy");
        await ChainRun.AnswersAsync(vm);
    }

    [SkippableFact]
    public async Task The_name_of_a_copy_whose_command_was_killed_is_free()
    {
        string vm = await LazyVm.Shared.NameAsync();
        string copy = TestRun.Current.NewName();
        using HeldChain held = await HeldChain.CreateAsync("fork.made");
        using HearthCommand fork = ChainRun.Start(held, "fork", vm, "-n", "2", "--name", copy + "{n}");
        Task<Outcome> ending = fork.EndAsync();
        await held.ReachedAsync(ending);
        fork.Kill();
        await ending;

        (await HearthCommand.RunAsync("fork", vm, "--name", copy + "1")).Succeeded();
        await ChainRun.AnswersAsync(copy + "1");

        // It was started, so it stays when it has ended.
        (await HearthCommand.RunAsync("stop", "-t", "0", copy + "1")).Succeeded();
        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Status}}", copy + "1")).Succeeded().Line.ShouldBe("exited");
        (await HearthCommand.RunAsync("rm", copy + "1")).Succeeded();
        (await HearthCommand.RunAsync("inspect", copy + "2")).Ended(1);
    }

    [SkippableFact]
    public async Task A_copy_that_does_not_start_stays_to_say_why()
    {
        string vm = await LazyVm.Shared.NameAsync();
        string copy = TestRun.Current.NewName();
        using HeldChain held = await HeldChain.CreateAsync("restore.runs");
        using HearthCommand fork = ChainRun.Start(held, "fork", vm, "--name", copy);
        Task<Outcome> ending = fork.EndAsync();
        await held.ReachedAsync(ending);
        string id = HostTraces.IdOf(copy);

        Outcome outcome = await ChainRun.EndAsync(held, fork, ending, Victim.Vmm, id);

        outcome.ExitCode.ShouldBe(1);
        await HostTraces.NoProcessAsync(id);
        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Status}}", copy)).Succeeded().Line.ShouldBe("exited");
        (await HearthCommand.RunAsync("rm", copy)).Succeeded();
    }

    [SkippableFact]
    public async Task Of_copies_that_cannot_all_be_made_none_is_left()
    {
        string vm = await LazyVm.Shared.NameAsync();
        string copy = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("create", "--name", copy + "3", "@busybox", "true")).Succeeded();

        (await HearthCommand.RunAsync("fork", vm, "-n", "3", "--name", copy + "{n}")).Ended(125).Error.ShouldStartWith($"hearth: The name '{copy}3' is in use");

        (await HearthCommand.RunAsync("ps", "-a", "--format", "{{.Names}}")).Succeeded().Lines.Where(name => name.StartsWith(copy, StringComparison.Ordinal)).ShouldBe([copy + "3"]);
        (await HearthCommand.RunAsync("rm", copy + "3")).Succeeded();
    }
}

using Hearth.Engine.Failpoints;
using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Failpoints;

/// <summary>A copy that goes on from a snapshot, held at every step: its client, its supervisor, its VMM or its link is ended there.</summary>
public sealed class RestoreChainTests(FrozenSource frozen) : IClassFixture<FrozenSource>
{
    public static TheoryData<string, Victim> Steps => ChainRun.Cases(ChainSteps.Restore, 3);

    [SkippableTheory]
    [MemberData(nameof(Steps))]
    public async Task A_copy_runs_or_fails_clearly_and_starts_again(string step, Victim victim)
    {
        (string source, string snapshot) = await frozen.NamesAsync();
        using HeldChain held = await HeldChain.CreateAsync(step);
        string copy = TestRun.Current.NewName();
        using HearthCommand run = ChainRun.Start(held, "run", "-d", "--from", snapshot, "--name", copy);
        Task<Outcome> ending = run.EndAsync();
        await held.ReachedAsync(ending);
        string id = HostTraces.IdOf(copy);

        Outcome outcome = await ChainRun.EndAsync(held, run, ending, victim, id);

        (outcome.ExitCode == 0).ShouldBe(step == ChainSteps.RestoreStarted.Name && victim is Victim.Vmm or Victim.Link, outcome.ToString()); // It ran.
        if (victim == Victim.Client)
        {
            await ChainRun.IsGoneAsync(copy, id);
            await ChainRun.AnswersAsync(source);
            return;
        }

        await ChainRun.HasEndedAsync(copy, id);
        await ChainRun.AnswersAsync(source);

        // What it was to go on from is there until its vCPUs run; afterwards it has to boot, which takes longer.
        if (!IsUsedUp(step) || step == ChainSteps.RestoreUsedUp.Name)
        {
            (await HearthCommand.RunAsync("start", copy)).Succeeded();
            await ChainRun.AnswersAsync(copy);
        }

        (await HearthCommand.RunAsync("rm", "-f", copy)).Succeeded();
        await HostTraces.NothingAsync(id);
    }

    /// <summary>The VM's first start goes on from a template; one that fails there is made again from nothing.</summary>
    [SkippableTheory]
    [InlineData("restore.loaded", Victim.Vmm)]
    [InlineData("restore.runs", Victim.Vmm)]
    [InlineData("restore.answered", Victim.Link)]
    public async Task A_run_whose_template_fails_boots_or_says_why(string step, Victim victim)
    {
        using HeldChain held = await HeldChain.CreateAsync(step);
        string vm = TestRun.Current.NewName();
        string[] shape = ["-m", "160M"];
        (await HearthCommand.RunAsync(["prepare", .. shape, "@busybox"])).Succeeded();
        using HearthCommand run = ChainRun.Start(held, ["run", "-d", .. shape, "--name", vm, "@busybox", "sleep", "1000000"]);
        Task<Outcome> ending = run.EndAsync();
        await held.ReachedAsync(ending);
        string id = HostTraces.IdOf(vm);

        Outcome outcome = await ChainRun.EndAsync(held, run, ending, victim, id);

        if (outcome.ExitCode == 0)
        {
            outcome.Error.ShouldStartWith("hearth: the template of ");
            await ChainRun.AnswersAsync(vm);
        }
        else
        {
            await ChainRun.HasEndedAsync(vm, id);
        }

        (await HearthCommand.RunAsync("rm", "-f", vm)).Succeeded();
        await ChainRun.NextRunsAsync(shape);
    }

    private static bool IsUsedUp(string step) => ChainSteps.Restore.Select(static s => s.Name).ToList().IndexOf(step) >= ChainSteps.Restore.ToList().IndexOf(ChainSteps.RestoreUsedUp);
}

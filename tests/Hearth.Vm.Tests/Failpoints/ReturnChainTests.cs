using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Failpoints;

/// <summary>A VM that is being suspended or taken back, held where its files change.</summary>
public sealed class ReturnChainTests
{
    [SkippableTheory]
    [InlineData("suspend.captured", Victim.Client)]
    [InlineData("suspend.captured", Victim.Supervisor)]
    [InlineData("suspend.captured", Victim.Vmm)]
    [InlineData("suspend.captured", Victim.Link)]
    [InlineData("suspend.ended", Victim.Client)]
    [InlineData("suspend.ended", Victim.Supervisor)]
    [InlineData("suspend.kept", Victim.Client)]
    [InlineData("suspend.kept", Victim.Supervisor)]
    public async Task A_suspended_vm_goes_on_where_it_was_or_boots(string step, Victim victim)
    {
        using HeldChain held = await HeldChain.CreateAsync(step);
        (string vm, string id) = await ChainRun.StartVmAsync(held);
        using HearthCommand suspend = HearthCommand.Start("suspend", vm);
        Task<Outcome> ending = suspend.EndAsync();
        await held.ReachedAsync(ending);

        Outcome outcome = await ChainRun.EndAsync(held, suspend, ending, victim, id);

        await HostTraces.NoProcessAsync(id);
        string status = (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Status}}", vm)).Succeeded().Line;
        status.ShouldBe(victim == Victim.Client || outcome.ExitCode == 0 ? "suspended" : "exited", outcome.ToString());
        await HostTraces.NothingAsync(id);
        (await HearthCommand.RunAsync(status == "suspended" ? "resume" : "start", vm)).Succeeded();
        await ChainRun.AnswersAsync(vm);
        (await HearthCommand.RunAsync("rm", "-f", vm)).Succeeded();
    }

    [SkippableTheory]
    [InlineData("rollback.ended", Victim.Client)]
    [InlineData("rollback.ended", Victim.Supervisor)]
    [InlineData("rollback.placed", Victim.Client)]
    [InlineData("rollback.placed", Victim.Supervisor)]
    public async Task A_vm_that_was_to_go_back_is_back_or_starts_again(string step, Victim victim)
    {
        using HeldChain held = await HeldChain.CreateAsync(step);
        (string vm, string id) = await ChainRun.StartVmAsync(held);
        string snapshot = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("snapshot", "create", vm, snapshot)).Succeeded();
        using HearthCommand rollback = HearthCommand.Start("rollback", vm, snapshot);
        Task<Outcome> ending = rollback.EndAsync();
        await held.ReachedAsync(ending);

        await ChainRun.EndAsync(held, rollback, ending, victim, id);

        if (victim == Victim.Supervisor)
        {
            await ChainRun.HasEndedAsync(vm, id);
            (await HearthCommand.RunAsync("start", vm)).Succeeded();
        }
        else
        {
            // Whoever asks next waits for the one who died.
            (await HearthCommand.RunAsync("rollback", vm, snapshot)).Succeeded();
        }

        await ChainRun.AnswersAsync(vm);
        (await HearthCommand.RunAsync("rm", "-f", vm)).Succeeded();
        (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
    }
}

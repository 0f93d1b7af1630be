using Hearth.Engine.Failpoints;
using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Failpoints;

/// <summary>A VM that is being frozen, held at every step: first its client is killed, then the VM's supervisor, its VMM or its link.</summary>
public sealed class CaptureChainTests
{
    private static readonly string[] s_withMemory = [];
    private static readonly string[] s_diskAlone = ["--disk-only"];

    public static TheoryData<string, Victim> Steps => ChainRun.Cases(ChainSteps.Capture, 2);

    public static TheoryData<string, Victim> DiskSteps => ChainRun.Cases(ChainSteps.CaptureDisk, 2);

    [SkippableTheory]
    [MemberData(nameof(Steps))]
    public Task A_snapshot_is_whole_or_fails_clearly_and_its_source_goes_on_or_ends(string step, Victim victim) => RunAsync(step, victim, s_withMemory);

    [SkippableTheory]
    [MemberData(nameof(DiskSteps))]
    public Task So_does_a_snapshot_of_the_disk_alone(string step, Victim victim) => RunAsync(step, victim, s_diskAlone);

    private static async Task RunAsync(string step, Victim victim, string[] options)
    {
        using HeldChain held = await HeldChain.CreateAsync(step);
        (string vm, string id) = await ChainRun.StartVmAsync(held);
        string snapshot = TestRun.Current.NewName();
        if (victim == Victim.Client)
        {
            await EndClientAsync(held, vm, id, snapshot, options);
        }
        else
        {
            await EndVmAsync(held, vm, id, snapshot, options, victim);
        }

        await ChainRun.NextRunsAsync();
        (await HearthCommand.RunAsync("rm", "-f", vm)).Succeeded();
        await HostTraces.NothingAsync(id);
    }

    private static async Task EndClientAsync(HeldChain held, string vm, string id, string snapshot, string[] options)
    {
        using HearthCommand create = HearthCommand.Start(["snapshot", "create", .. options, vm, snapshot]);
        Task<Outcome> ending = create.EndAsync();
        await held.ReachedAsync(ending);

        await ChainRun.EndAsync(held, create, ending, Victim.Client, id);

        await ChainRun.AnswersAsync(vm);
        (await ListedAsync(snapshot)).ShouldBeFalse();
    }

    private static async Task EndVmAsync(HeldChain held, string vm, string id, string snapshot, string[] options, Victim victim)
    {
        using HearthCommand create = HearthCommand.Start(["snapshot", "create", .. options, vm, snapshot]);
        Task<Outcome> ending = create.EndAsync();
        await held.ReachedAsync(ending);

        Outcome outcome = await ChainRun.EndAsync(held, create, ending, victim, id);

        (await ListedAsync(snapshot)).ShouldBe(outcome.ExitCode == 0, outcome.ToString());
        await ChainRun.HasEndedAsync(vm, id);
        if (outcome.ExitCode == 0)
        {
            string copy = TestRun.Current.NewName();
            (await HearthCommand.RunAsync("run", "-d", "--from", snapshot, "--name", copy)).Succeeded();
            await ChainRun.AnswersAsync(copy);
            (await HearthCommand.RunAsync("rm", "-f", copy)).Succeeded();
            (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
        }

        // Where the disk changes, the VM has to find it whole.
        if (held.Step == ChainSteps.CaptureChainWritten.Name || held.Step == ChainSteps.CaptureLaidOver.Name)
        {
            (await HearthCommand.RunAsync("start", vm)).Succeeded();
            await ChainRun.AnswersAsync(vm);
        }
    }

    private static async Task<bool> ListedAsync(string snapshot) => (await HearthCommand.RunAsync("snapshot", "ls", "-q")).Succeeded().Lines.Contains(snapshot);
}

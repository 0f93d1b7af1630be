using Hearth.Engine.Failpoints;
using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Failpoints;

/// <summary>A command held at a step, and how it ends when somebody is killed there.</summary>
internal static class ChainRun
{
    /// <summary>
    /// From the kill to the outcome. Whatever is waited for in a chain has its own bound; with somebody dead none of them may be
    /// used up: 10 s is the longest that is waited for news of a death (VmRun), the rest is for a busy machine.
    /// </summary>
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(25);

    public static HearthCommand Start(HeldChain held, params string[] arguments) => HearthCommand.StartProgram("env", [held.Variable, TestRun.Current.Binary, .. arguments]);

    /// <summary>Kills the victim where the chain stands, and lets it go on. The command succeeds, or says in one error what failed.</summary>
    /// <param name="held">Stands at the step.</param>
    /// <param name="client">Who asked for the chain.</param>
    /// <param name="ending">Its end.</param>
    /// <param name="victim">Who is ended.</param>
    /// <param name="id">The VM whose supervisor and VMM take part.</param>
    public static async Task<Outcome> EndAsync(HeldChain held, HearthCommand client, Task<Outcome> ending, Victim victim, string id)
    {
        switch (victim)
        {
            case Victim.Client:
                client.Kill();
                await ending;
                break;
            case Victim.Supervisor:
                Kill($"supervisor\0{id}");
                break;
            case Victim.Vmm:
                Kill($"guest=hearth-{id}");
                break;
            default:
                break;
        }

        long start = TimeProvider.System.GetTimestamp();
        held.Release(victim == Victim.Link ? "cut" : "");
        Outcome outcome = await ending;
        TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(s_budget);
        if (outcome.ExitCode != 0 && victim != Victim.Client)
        {
            outcome.ExitCode.ShouldBeOneOf(1, 125);
            outcome.Error.ShouldStartWith("hearth: ");
            outcome.Error.ShouldNotContain("Unhandled");
            outcome.Lines.ShouldBeEmpty();
        }

        return outcome;
    }

    /// <summary>Whatever was killed, the next run is one like any other.</summary>
    public static async Task NextRunsAsync(params string[] options) =>
        (await HearthCommand.RunAsync(["run", "--rm", .. options, "@busybox", "echo", "next"])).Succeeded().Line.ShouldBe("next");

    public static async Task AnswersAsync(string vm) => (await HearthCommand.RunAsync("exec", vm, "echo", "here")).Succeeded().Line.ShouldBe("here");

    /// <summary>The VM has ended, its state says so, and it has nothing on the host.</summary>
    public static async Task HasEndedAsync(string vm, string id)
    {
        await HostTraces.NoProcessAsync(id);
        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Status}}", vm)).Succeeded().Line.ShouldBe("exited");
        await HostTraces.NothingAsync(id);
    }

    /// <summary>The VM was never started, as far as anybody knows: nothing is left of it, in the store or on the host.</summary>
    public static async Task IsGoneAsync(string vm, string id)
    {
        await HostTraces.NoProcessAsync(id);
        (await HearthCommand.RunAsync("inspect", vm)).Ended(1);
        Directory.Exists(Path.Combine(TestRun.Current.Home, "vms", id)).ShouldBeFalse();
        await HostTraces.NothingAsync(id);
    }

    /// <summary>A VM whose supervisor will be held.</summary>
    public static async Task<(string Name, string Id)> StartVmAsync(HeldChain held)
    {
        string name = TestRun.Current.NewName();
        using HearthCommand run = Start(held, "run", "-d", "--name", name, "@busybox", "sleep", "1000000");
        (await run.EndAsync()).Succeeded();
        return (name, HostTraces.IdOf(name));
    }

    /// <summary>
    /// Every step with those who can be ended there: so many of them, by turns, because a VM has to be made for each. With
    /// <c>HEARTH_ALL_VICTIMS=1</c> all.
    /// </summary>
    public static TheoryData<string, Victim> Cases(IReadOnlyList<ChainStep> steps, int each)
    {
        bool all = Environment.GetEnvironmentVariable("HEARTH_ALL_VICTIMS") == "1";
        TheoryData<string, Victim> cases = [];
        for (int step = 0; step < steps.Count; step++)
        {
            Victim[] victims = [.. Enum.GetValues<Victim>().Where(v => steps[step].HasVmm || v is Victim.Client or Victim.Supervisor)];
            for (int i = 0; i < (all ? victims.Length : Math.Min(each, victims.Length)); i++)
            {
                cases.Add(steps[step].Name, victims[((step * each) + i) % victims.Length]);
            }
        }

        return cases;
    }

    private static void Kill(string commandLine)
    {
        IReadOnlyList<int> found = HostTraces.Processes(commandLine);
        found.ShouldNotBeEmpty(commandLine);
        foreach (int process in found)
        {
            HostTraces.Kill(process);
        }
    }
}

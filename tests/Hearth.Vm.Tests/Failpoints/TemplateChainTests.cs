using System.Globalization;
using Hearth.Engine.Failpoints;
using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Failpoints;

/// <summary>A template that is being made by a first run, held at every step. Each case boots twice.</summary>
public sealed class TemplateChainTests
{
    private static int s_shapes;

    public static TheoryData<string, Victim> Steps => ChainRun.Cases(ChainSteps.Template, 1);

    [SkippableTheory]
    [MemberData(nameof(Steps))]
    public async Task The_first_run_boots_or_fails_clearly_and_the_next_one_has_a_template(string step, Victim victim)
    {
        // A size of its own is a shape of its own.
        string[] shape = ["-m", string.Create(CultureInfo.InvariantCulture, $"{200 + Interlocked.Increment(ref s_shapes)}M")];
        using HeldChain held = await HeldChain.CreateAsync(step);
        string vm = TestRun.Current.NewName();
        using HearthCommand run = ChainRun.Start(held, ["run", "-d", .. shape, "--name", vm, "@busybox", "sleep", "1000000"]);
        Task<Outcome> ending = run.EndAsync();
        await held.ReachedAsync(ending);
        string id = HostTraces.IdOf(vm);

        Outcome outcome = await ChainRun.EndAsync(held, run, ending, victim, id);

        if (outcome.ExitCode == 0)
        {
            await ChainRun.AnswersAsync(vm);
        }
        else if (victim == Victim.Client)
        {
            await ChainRun.IsGoneAsync(vm, id);
        }
        else
        {
            await ChainRun.HasEndedAsync(vm, id);
        }

        (await HearthCommand.RunAsync("rm", "-f", vm)).Succeeded();
        await HostTraces.NothingAsync(id);
        await ChainRun.NextRunsAsync(shape);
        string[] templates = (await HearthCommand.RunAsync("template", "ls", "--format", "{{.Memory}} {{.Key}}")).Succeeded().Lines;
        string template = templates.Single(line => line.StartsWith(shape[1][..^1] + "MiB ", StringComparison.Ordinal));
        (await HearthCommand.RunAsync("template", "rm", template.Split(' ')[1])).Succeeded();
    }
}

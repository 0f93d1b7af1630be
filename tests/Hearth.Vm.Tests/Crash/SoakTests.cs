using System.Globalization;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Crash;

/// <summary>Many runs: each must print its own number and end with 0. <c>HEARTH_SOAK_RUNS</c> sets how many (100 when left out).</summary>
[Collection(AloneCollection.Name)]
public sealed class SoakTests
{
    private static int Runs => int.Parse(Environment.GetEnvironmentVariable("HEARTH_SOAK_RUNS") ?? "100", CultureInfo.InvariantCulture);

    [SkippableFact]
    public async Task A_hundred_runs_two_at_a_time_all_succeed()
    {
        int next = 0;
        async Task WorkAsync()
        {
            int number;
            while ((number = Interlocked.Increment(ref next)) <= Runs)
            {
                await RunOneAsync(number);
            }
        }

        await Task.WhenAll(WorkAsync(), WorkAsync());
    }

    [SkippableFact]
    public Task Eight_runs_at_once_all_succeed() => Task.WhenAll(Enumerable.Range(1, 8).Select(RunOneAsync));

    private static async Task RunOneAsync(int number) =>
        (await HearthCommand.RunAsync("run", "--rm", "@busybox", "--", "echo", $"{number}")).Succeeded().Output.ShouldBe($"{number}\n");
}

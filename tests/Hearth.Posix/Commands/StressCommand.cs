using Hearth.Posix.Stress;

namespace Hearth.Posix.Commands;

/// <summary>hearth-posix --stress SECONDS: prints what was done, or what failed.</summary>
internal static class StressCommand
{
    public static int Run(Arguments arguments)
    {
        StressResult result = StressRun.Run(arguments.Directory, new StressOptions { Seed = arguments.Seed, Duration = arguments.Duration, Threads = arguments.Threads });
        foreach (string failure in result.Failures)
        {
            Console.WriteLine($"failed {failure}");
        }
        Console.WriteLine($"{result.Operations} operations, {arguments.Threads} threads, {result.Failures.Count} failed, seed {arguments.Seed}");
        return result.Failures.Count == 0 ? 0 : 1;
    }
}

using Hearth.Posix.Randomised;

namespace Hearth.Posix.Commands;

/// <summary>hearth-posix --random SECONDS: prints what was done, or the failure with the operations before it.</summary>
internal static class RandomCommand
{
    public static int Run(Arguments arguments)
    {
        RandomResult result = RandomOperations.Run(arguments.Directory, new RandomOptions { Seed = arguments.Seed, Duration = arguments.Duration });
        foreach (string feature in result.Unsupported)
        {
            Console.WriteLine($"skipped {feature}: not on this file system");
        }
        foreach (string operation in result.Last)
        {
            Console.WriteLine($"  {operation}");
        }
        Console.WriteLine(result.Failure is null ? $"{result.Operations} operations passed, seed {arguments.Seed}" : $"failed {result.Failure}");
        return result.Failure is null ? 0 : 1;
    }
}

using Hearth.Linux.ChildPrograms;

namespace Hearth.Kernel.Tests.ChildPrograms;

/// <summary>Counts the descriptors of the whole process, so it runs when no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
[Collection(Name)]
public sealed class LaunchLeakTests
{
    private const string Name = "alone";

    [Fact]
    public void Two_hundred_launches_leak_no_descriptor()
    {
        LaunchBoth();

        // What earlier tests left to the collector is closed first; nothing of the launches may be left to it.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        string[] before = Descriptors();
        for (int i = 0; i < 200; i++)
        {
            LaunchBoth();
        }

        Descriptors().ShouldBe(before);
    }

    private static void LaunchBoth()
    {
        Child.Shell("true").Status.ExitCode.ShouldBe(0);
        Should.Throw<ChildProgramException>(static () => Child.Shell("true", static p => p.ChangeDirectory("/no/such")));
    }

    private static string[] Descriptors() => [.. Directory.GetFiles("/proc/self/fd").Order(StringComparer.Ordinal)];
}

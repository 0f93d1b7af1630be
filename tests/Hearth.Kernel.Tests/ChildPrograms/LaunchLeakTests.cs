using Hearth.Linux.ChildPrograms;

namespace Hearth.Kernel.Tests.ChildPrograms;

/// <summary>Counts the descriptors of the whole process, so it runs when no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
[Collection(Name)]
public sealed class LaunchLeakTests
{
    private const string Name = "alone";
    private const int Launches = 200;

    [Fact]
    public void Two_hundred_launches_leak_no_descriptor()
    {
        LaunchBoth();

        // What earlier tests left to the collector is closed first; nothing of the launches may be left to it.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        int before = Descriptors();
        for (int i = 0; i < Launches; i++)
        {
            LaunchBoth();
        }

        // The test host opens one or two of its own when it likes; a launch that leaked one would have leaked hundreds.
        Descriptors().ShouldBeLessThan(before + (Launches / 10));
    }

    private static void LaunchBoth()
    {
        Child.Shell("true").Status.ExitCode.ShouldBe(0);
        Should.Throw<ChildProgramException>(static () => Child.Shell("true", static p => p.ChangeDirectory("/no/such")));
    }

    private static int Descriptors() => Directory.GetFiles("/proc/self/fd").Length;
}

using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Conformance;

public sealed class PodmanExpectationTests
{
    public static TheoryData<string, int, string?> Exec => PodmanExpectations.Exec;

    public static TheoryData<string, int, string> Run => PodmanExpectations.Run;

    [SkippableTheory]
    [MemberData(nameof(Exec))]
    public async Task Exec_does_as_podman(string commandLine, int exitCode, string? output)
    {
        string line = commandLine.Replace(" VM ", $" {await LazyVm.Shared.NameAsync()} ", StringComparison.Ordinal);

        Outcome outcome = (await ShellAsync(line)).Ended(exitCode);

        if (output is not null)
        {
            outcome.Output.ShouldBe(output);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Run))]
    public async Task Run_does_as_podman(string commandLine, int exitCode, string output) => (await ShellAsync(commandLine)).Ended(exitCode).Output.ShouldBe(output);

    // The shell splits the recorded line into words, as it did for podman.
    private static Task<Outcome> ShellAsync(string line) => HearthCommand.RunProgramAsync("/bin/sh", "-c", $"exec \"$0\" {line}", TestRun.Current.Binary);
}

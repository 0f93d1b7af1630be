using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Conformance;

/// <summary>That the records say what podman does, asked of podman itself; <see cref="PodmanExpectationTests"/> holds Hearth to the same records.</summary>
public sealed class PodmanRecordTests
{
    [SkippableFact]
    public async Task Podman_does_as_it_is_recorded()
    {
        await using Podman podman = new();
        List<string> wrong = [];
        foreach ((string line, int exitCode, string? output) in PodmanExpectations.OfPodman)
        {
            Outcome outcome = await podman.RunAsync(line);
            if (outcome.ExitCode != exitCode || (output is not null && outcome.Output != output))
            {
                wrong.Add($"{line}: recorded {exitCode} and '{output}'; podman: {outcome}");
            }
        }

        wrong.ShouldBeEmpty();
    }
}

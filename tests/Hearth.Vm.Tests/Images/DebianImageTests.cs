using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Images;

public sealed class DebianImageTests
{
    [SkippableFact]
    public async Task Debian_is_built_on_first_use_and_runs()
    {
        await NeedMirrorAsync();

        Outcome outcome = (await HearthCommand.RunAsync("run", "--rm", "@debian", "--", "sh", "-c", ". /etc/os-release; echo $ID; dpkg --print-architecture; apt-get --version | head -n 1")).Succeeded();

        outcome.Lines[..2].ShouldBe(["debian", "amd64"]);
        outcome.Lines[2].ShouldStartWith("apt ");
    }

    private static async Task NeedMirrorAsync()
    {
        TestRun.NeedProgram("mmdebstrap");
        TestRun.NeedProgram("curl");
        Outcome outcome = await HearthCommand.RunProgramAsync("/bin/sh", "-c", "uri=$(apt-get -qq --print-uris download base-files | cut -d \"'\" -f 2) && curl -sfL --max-time 30 -r 0-0 -o /dev/null \"$uri\"");
        Skip.If(outcome.ExitCode != 0, $"no Debian mirror answers: {outcome.Error.Trim()}");
    }
}

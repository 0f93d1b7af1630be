using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Completion;

/// <summary>The completion scripts in the shells themselves, asking the binary. No guest is booted.</summary>
public sealed class ShellCompletionTests
{
    private const string Bash =
        """
        source <(hearth completion bash)
        COMP_LINE=$1 COMP_POINT=${#1}
        _hearth
        printf '%s\n' "${COMPREPLY[@]}"
        """;

    private const string Fish = "hearth completion fish | source; complete -C $argv[1]";

    // An interactive zsh on a pseudo-terminal of its own; its Tab is typed, and what it shows is read until the pattern.
    private const string Zsh =
        """
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell 'PS1=; unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; source <(hearth completion zsh); echo pre""pared'
        zpty -r -m shell out '*prepared*'
        zpty -w -n shell "$1"$'\t\t'
        zpty -r -m shell out "*$2*"
        zpty -d shell
        print -r -- $out
        """;

    [SkippableTheory]
    [InlineData("bash", "hearth ps --fo", "--format")]
    [InlineData("bash", "hearth completion ", "fish")]
    [InlineData("bash", "hearth rm NAME", "VM")]
    [InlineData("zsh", "hearth ps --fo", "--format")]
    [InlineData("zsh", "hearth completion ", "fish")]
    [InlineData("zsh", "hearth rm NAME", "VM")]
    [InlineData("fish", "hearth ps --fo", "--format")]
    [InlineData("fish", "hearth completion ", "fish")]
    [InlineData("fish", "hearth rm NAME", "VM")]
    public async Task A_shell_shows_the_candidates(string shell, string typed, string expected)
    {
        TestRun.NeedProgram(shell);
        string prefix = TestRun.Current.NewName(), vm = prefix + "-completed";
        (await HearthCommand.RunAsync("create", "--name", vm, "@busybox", "true")).Succeeded();
        typed = typed.Replace("NAME", prefix, StringComparison.Ordinal);
        expected = expected.Replace("VM", vm, StringComparison.Ordinal);
        string path = $"PATH={Path.GetDirectoryName(TestRun.Current.Binary)}:{Environment.GetEnvironmentVariable("PATH")}";
        string[] script = shell switch
        {
            "bash" => ["bash", "--norc", "-c", Bash, "bash", typed],
            "zsh" => ["zsh", "-f", "-c", Zsh, "zsh", typed, expected],
            _ => ["fish", "--no-config", "-c", Fish, typed],
        };

        Outcome outcome = (await HearthCommand.RunProgramAsync("/usr/bin/env", [path, "TERM=dumb", .. script])).Succeeded();

        outcome.Output.Split([' ', '\t', '\n', '\r']).ShouldContain(expected, outcome.ToString());
        outcome.Output.ShouldNotContain("--filter", Case.Sensitive, "it was not asked for");
        (await HearthCommand.RunAsync("rm", vm)).Succeeded();
    }
}

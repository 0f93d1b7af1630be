using System.CommandLine;
using Hearth.Core.Errors;

namespace Hearth.Cli.Completion;

/// <summary><c>hearth completion bash|zsh|fish</c>.</summary>
internal static class CompletionCommand
{
    public static Command Create(CliContext context)
    {
        Argument<string> shell = new("SHELL") { Description = "bash, zsh or fish" };
        HearthCommand command = new("completion", "Print a shell's completion script.", "source <(hearth completion bash)", "hearth completion fish | source") { shell };
        command.SetAction(parsed =>
        {
            string name = parsed.GetRequiredValue(shell);
            context.Out.Write(CompletionScripts.For(name) ?? throw new HearthException(
                "completion.shell", $"There is no completion for the shell '{name}'.", "Use bash, zsh or fish.", ExitCodes.Usage));
            return 0;
        });
        return command;
    }
}

using System.Diagnostics;
using Hearth.Cli.Completion;
using Hearth.Cli.Output;
using Hearth.Core.Storage;

namespace Hearth.Cli.Tests.Completion;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("im", "images image")]
    [InlineData("image i", "inspect")]
    [InlineData("logs w", "web")]
    [InlineData("ps --format j", "json")]
    [InlineData("ps --format=j", "--format=json")]
    [InlineData("completion ", "bash zsh fish")]
    [InlineData("kernel rm ", "web")]
    [InlineData("template rm ", "web")]
    [InlineData("template i", "inspect")]
    [InlineData("prepare w", "web")]
    [InlineData("snapshot e", "export")]
    [InlineData("snapshot export w", "web")]
    [InlineData("run --from w", "web")]
    [InlineData("run --idle", "--idle-suspend")]
    [InlineData("fork --idle", "--idle-suspend")]
    [InlineData("nonsense x", "")]
    public void Words_are_completed_from_the_command_tree(string typed, string expected)
    {
        CliContext context = new()
        {
            Paths = new HearthPaths("/nonexistent"),
            Out = TextWriter.Null,
            Error = TextWriter.Null,
            ProgressFactory = static context => new LineProgress(context.Error),
        };
        Completer completer = new(CommandTree.Build(context, []), static _ => [("web", "")]);
        string[] found = [.. completer.Complete(typed.Split(' ')).Select(static candidate => candidate.Name)];
        found.ShouldBe(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [SkippableTheory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task A_script_is_valid_in_its_shell(string shell)
    {
        Skip.IfNot(File.Exists("/bin/" + shell) || File.Exists("/usr/bin/" + shell), $"{shell} is not installed");
        using Process process = Process.Start(new ProcessStartInfo(shell, ["-n"]) { RedirectStandardInput = true, RedirectStandardError = true })!;
        await process.StandardInput.WriteAsync(CompletionScripts.For(shell));
        process.StandardInput.Close();
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        errors.ShouldBe("");
        process.ExitCode.ShouldBe(0);
    }
}

using System.CommandLine;
using System.CommandLine.Invocation;
using Hearth.Cli.Parsing;
using Hearth.Core.Errors;

namespace Hearth.Cli;

/// <summary>Parses and runs one command line, and turns whatever goes wrong into a message on stderr and an exit code.</summary>
internal static class CommandLine
{
    private const string DebugVariable = "HEARTH_DEBUG";

    public static async Task<int> RunAsync(CliContext context, IReadOnlyList<string> args)
    {
        try
        {
            return await ParseAndInvokeAsync(context, args);
        }
        catch (OperationCanceledException) when (context.Cancellation.IsCancellationRequested)
        {
            return ExitCodes.SignalBase + (context.Interrupts?.SignalNumber ?? 2);
        }
        catch (UsageException e)
        {
            context.Error.WriteLine($"{e.CommandPath}: {e.Message}");
            context.Error.WriteLine($"See '{e.CommandPath} --help'.");
            return ExitCodes.Usage;
        }
        catch (HearthException e)
        {
            ShowError(context, e);
            return e.ExitCode;
        }
#pragma warning disable CA1031 // The process's root: a person is told in one line, never by a stack trace they did not ask for.
        catch (Exception e)
#pragma warning restore CA1031
        {
            context.Error.WriteLine(IsDebug(context) ? e.ToString() : $"hearth: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
            return ExitCodes.HearthFailed;
        }
        finally
        {
            await context.Out.FlushAsync(CancellationToken.None);
        }
    }

    /// <summary><c>hearth: thing: cause</c> and the cure below it; with HEARTH_DEBUG=1 the stack as well.</summary>
    public static void ShowError(CliContext context, HearthException error)
    {
        context.Error.WriteLine($"hearth: {Printable(error.Message)}");
        if (error.Hint is { Length: > 0 } hint)
        {
            context.Error.WriteLine($"  {Printable(hint)}");
        }

        if (IsDebug(context))
        {
            context.Error.WriteLine(error.ToString());
        }
    }

    /// <summary>Parts of a message may come from a guest or a registry: it must not drive the terminal.</summary>
    private static string Printable(string text) => string.Concat(text.Select(static c => char.IsControl(c) && c != '\n' ? '?' : c));

    private static async Task<int> ParseAndInvokeAsync(CliContext context, IReadOnlyList<string> args)
    {
        RootCommand root = CommandTree.Build(context, args);
        string[] plain = ArgumentOrder.Normalize(root, args);
        ParseResult parsed = root.Parse(plain, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && parsed.Action is not { ClearsParseErrors: true })
        {
            throw new UsageException(parsed.CommandResult.Command, parsed.Errors[0].Message);
        }

        var configuration = new InvocationConfiguration
        {
            Output = context.Out,
            Error = context.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        if (parsed.Action is AsynchronousCommandLineAction)
        {
            context.Interrupts?.Listen();
        }

        return await parsed.InvokeAsync(configuration, context.Cancellation);
    }

    private static bool IsDebug(CliContext context) => context.Variable(DebugVariable) is "1" or "true";
}

namespace Hearth.Cli.Output;

/// <summary>Chooses how long work is shown: bars on a terminal that can move its cursor, plain lines elsewhere.</summary>
internal static class ConsoleProgress
{
    public static IProgressSink Open(CliContext context)
    {
        bool isTerminal = !Console.IsErrorRedirected && context.Variable("TERM") is { Length: > 0 } term && term != "dumb";
        return isTerminal
            ? new BarProgress(context.Error, context.Time, static () => Console.WindowWidth, string.IsNullOrEmpty(context.Variable("NO_COLOR")))
            : new LineProgress(context.Error);
    }
}

using Hearth.Cli.Output;
using Hearth.Core.Storage;

namespace Hearth.Cli;

/// <summary>The entry point: makes the context and hands the command line over.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        using var interrupts = new InterruptSource();
        await using TextWriter output = new StreamWriter(Console.OpenStandardOutput(), leaveOpen: true) { AutoFlush = false };
        await using TextWriter error = new StreamWriter(Console.OpenStandardError(), leaveOpen: true) { AutoFlush = true };
        var context = new CliContext
        {
            Paths = HearthPaths.FromEnvironment(Environment.GetEnvironmentVariable, Environment.IsPrivilegedProcess),
            Out = output,
            Error = error,
            Cancellation = interrupts.Token,
            Interrupts = interrupts,
            ProgressFactory = ConsoleProgress.Open,
        };
        return await CommandLine.RunAsync(context, args);
    }
}

using Hearth.Cli.Output;
using Hearth.Core.Storage;

namespace Hearth.Cli.Tests;

/// <summary>A context with in-memory writers and a home that does not exist.</summary>
internal static class TestContext
{
    public static CliContext Create(TextWriter? output = null, TextWriter? error = null, string home = "/nonexistent/hearth-test-home") => new()
    {
        Paths = new HearthPaths(home),
        Out = output ?? new StringWriter(),
        Error = error ?? new StringWriter(),
        Variable = static _ => null,
        ProgressFactory = static context => new LineProgress(context.Error),
    };
}

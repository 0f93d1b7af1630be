using Hearth.Cli.Output;
using Hearth.Core.Storage;

namespace Hearth.Cli;

/// <summary>What every command works with. One per process; tests make their own with in-memory writers.</summary>
internal sealed class CliContext
{
    public required HearthPaths Paths { get; init; }

    /// <summary>Results, and nothing else. Flushed when the command ends.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Progress, warnings and errors. Flushed at every write.</summary>
    public required TextWriter Error { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Ends when the user interrupts the command (SIGINT, SIGTERM, SIGHUP), unless a session forwards signals instead.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>What cancels <see cref="Cancellation"/>; null in tests.</summary>
    public InterruptSource? Interrupts { get; init; }

    /// <summary>Tells the user of something that is not as they may think, in one line.</summary>
    public void Warn(string line) => Error.WriteLine($"hearth: warning: {line}");

    /// <summary>Opens a display of long work on <see cref="Error"/>; dispose it before anything else is written there.</summary>
    public required Func<CliContext, IProgressSink> ProgressFactory { get; init; }

    /// <summary>Environment variable by name; null when unset.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    public IProgressSink OpenProgress() => ProgressFactory(this);
}

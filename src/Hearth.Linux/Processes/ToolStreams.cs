namespace Hearth.Linux.Processes;

/// <summary>Where a tool's standard streams go. What is left null is empty (input) or dropped (output); the last lines of stderr are always kept.</summary>
public sealed record ToolStreams
{
    /// <summary>Copied to the tool's standard input, which is closed at its end.</summary>
    public Stream? Input { get; init; }

    /// <summary>Receives standard output byte by byte. Not together with <see cref="OutputLine"/>.</summary>
    public Stream? Output { get; init; }

    /// <summary>Called for each line of standard output, in order, from one task.</summary>
    public Action<string>? OutputLine { get; init; }

    /// <summary>Called for each line of standard error, in order, from one task.</summary>
    public Action<string>? ErrorLine { get; init; }
}

namespace Hearth.Linux.Processes;

/// <summary>A program of another package to run, without a shell.</summary>
/// <param name="Program">Its name, looked up in PATH and then in the usual sbin directories, or an absolute path.</param>
/// <param name="Arguments">Its arguments, one by one.</param>
public sealed record ToolCommand(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>The Debian package to name when the program is missing; null when it has the program's name.</summary>
    public string? Package { get; init; }

    /// <summary>Variables to add to this process's environment, or with null to take away.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    public string? WorkingDirectory { get; init; }
}

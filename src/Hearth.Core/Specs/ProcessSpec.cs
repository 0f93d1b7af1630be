namespace Hearth.Core.Specs;

/// <summary>A process to start in a container: what <c>run</c> and <c>exec</c> have in common.</summary>
public sealed record ProcessSpec
{
    /// <summary>The program and its arguments; a program without a slash is looked up in the PATH of <see cref="Env"/>.</summary>
    public required IReadOnlyList<string> Args { get; init; }

    /// <summary><c>NAME=value</c> entries, later ones win.</summary>
    public IReadOnlyList<string> Env { get; init => field = value ?? []; } = [];

    /// <summary>Absolute path inside the container; created when missing (Docker's WORKDIR).</summary>
    public string WorkingDirectory { get; init; } = "/";

    /// <summary><c>name|uid[:group|gid]</c>, resolved against the container's passwd and group files; empty is root.</summary>
    public string User { get; init; } = "";

    /// <summary>Give the process a pseudo-terminal as standard input, output and error.</summary>
    public bool Tty { get; init; }

    /// <summary>Keep standard input open; without it the process reads end of file.</summary>
    public bool Interactive { get; init; }

    /// <summary>The terminal's first size; 0 when unknown.</summary>
    public int Rows { get; init; }

    public int Columns { get; init; }

    /// <summary>All capabilities, no masked paths, all devices.</summary>
    public bool Privileged { get; init; }
}

namespace Hearth.Posix;

/// <summary>How the suite is run.</summary>
public sealed record PosixOptions
{
    /// <summary>Whether cases act as other users. Null: when the caller is root. True: those cases fail, rather than skip, where they cannot.</summary>
    public bool? UserTests { get; init; }

    /// <summary>Only the cases whose name contains this; null is all.</summary>
    public string? CaseFilter { get; init; }

    /// <summary>Cases by "area/case" that are to be skipped, with the reason: what a file system is known not to have.</summary>
    public IReadOnlyDictionary<string, string> Known { get; init; } = new Dictionary<string, string>();

    /// <summary>How long an area may take. After it the case that runs has failed, and its thread is left to itself: a call that hangs cannot be ended.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Program and arguments that start a second process of the suite; null finds it (this program, or hearth-posix beside the caller).</summary>
    public IReadOnlyList<string>? Worker { get; init; }
}

namespace Hearth.Posix.Randomised;

/// <summary>How random operations are run.</summary>
public sealed record RandomOptions
{
    /// <summary>The same seed does the same operations on the same file system.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>When to stop.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After how many operations to stop, should that be sooner.</summary>
    public long Operations { get; init; } = long.MaxValue;

    /// <summary>The largest length of the file, bytes.</summary>
    public int MaximumSize { get; init; } = 256 << 10;
}

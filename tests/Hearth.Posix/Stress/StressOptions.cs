namespace Hearth.Posix.Stress;

/// <summary>How the stress is run.</summary>
public sealed record StressOptions
{
    public int Seed { get; init; } = 1;

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    public int Threads { get; init; } = 64;
}

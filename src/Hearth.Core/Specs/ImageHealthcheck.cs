namespace Hearth.Core.Specs;

/// <summary>The health check of an image (HEALTHCHECK of a Dockerfile): Docker's own member of an image configuration.</summary>
public sealed record ImageHealthcheck
{
    /// <summary><c>NONE</c>, <c>CMD</c> and its words, or <c>CMD-SHELL</c> and a line for the image's shell.</summary>
    public IReadOnlyList<string> Test { get; init => field = value ?? []; } = [];

    /// <summary>The line's shell (SHELL of a Dockerfile); empty is <c>/bin/sh -c</c>.</summary>
    public IReadOnlyList<string> Shell { get; init => field = value ?? []; } = [];

    /// <summary>Zero where the image says nothing, as below.</summary>
    public TimeSpan Interval { get; init; }

    public TimeSpan Timeout { get; init; }

    public TimeSpan StartPeriod { get; init; }

    public TimeSpan StartInterval { get; init; }

    public int Retries { get; init; }
}

using Hearth.Engine.Networks;

namespace Hearth.Engine.Supervision;

/// <summary>A guest whose agent has answered: ready to be configured and for its container, or runs one already.</summary>
/// <param name="Run">The guest.</param>
/// <param name="RootFileSystem">Type of the image on its first disk.</param>
/// <param name="ContainerRuns">It was frozen with its container running.</param>
/// <param name="ContainerStarted">When that was started; null for now: a template's application counts as started with the VM.</param>
/// <param name="Stages">Milliseconds by stage.</param>
internal sealed record StartedGuest(VmRun Run, string RootFileSystem, bool ContainerRuns, DateTimeOffset? ContainerStarted, Dictionary<string, double> Stages)
{
    /// <summary>The network that it was started with ahead of its supervisor's life; null otherwise.</summary>
    public RunningNetwork? Network { get; init; }

    /// <summary>What it knows of the host's files (<see cref="Shares.ShareServers"/>); null when it has none.</summary>
    public byte[]? Shares { get; init; }

    /// <summary>The key of the template to make of it when its application is ready; null when none is wanted, or is there.</summary>
    public string? ApplicationKey { get; init; }
}

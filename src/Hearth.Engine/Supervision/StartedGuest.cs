namespace Hearth.Engine.Supervision;

/// <summary>A guest that is ready for its container, or runs one already.</summary>
/// <param name="Run">The guest.</param>
/// <param name="ContainerRuns">It was frozen with its container running.</param>
/// <param name="ContainerStarted">When that was started.</param>
/// <param name="Stages">Milliseconds by stage.</param>
internal sealed record StartedGuest(VmRun Run, bool ContainerRuns, DateTimeOffset? ContainerStarted, Dictionary<string, double> Stages);

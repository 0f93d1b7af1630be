namespace Hearth.Bench.Floors;

/// <summary>A template's files that a bare machine goes on from.</summary>
/// <param name="Memory">The guest's memory; mapped privately.</param>
/// <param name="Devices">The state of CPUs and devices.</param>
internal sealed record FrozenMachine(string Memory, string Devices);

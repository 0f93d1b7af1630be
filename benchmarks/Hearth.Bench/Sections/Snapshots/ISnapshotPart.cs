using Hearth.Bench.Floors;

namespace Hearth.Bench.Sections.Snapshots;

/// <summary>Some rows of the section on snapshots. It removes the VMs and snapshots that it makes.</summary>
internal interface ISnapshotPart
{
    /// <summary>A line or two of the section's method.</summary>
    string Method { get; }

    /// <param name="context">The binary under test.</param>
    /// <param name="floor">What bare QEMUs are restored from.</param>
    Task<SectionResult> RunAsync(BenchContext context, MachineTemplate floor);
}

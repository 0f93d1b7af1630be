using Hearth.Core.Specs;

namespace Hearth.Vmm;

/// <summary>Everything that an engine needs to start one guest.</summary>
public sealed record VmLaunch
{
    public required string Id { get; init; }

    /// <summary>An uncompressed ELF kernel with a PVH entry.</summary>
    public required string KernelPath { get; init; }

    public required string InitramfsPath { get; init; }

    /// <summary>Appended to what the engine itself puts on the kernel's command line.</summary>
    public string KernelArguments { get; init; } = "";

    public required int Vcpus { get; init; }

    public required long MemoryBytes { get; init; }

    /// <summary>Where the guest's memory lives; null is memory of the VMM's own.</summary>
    public VmMemory? Memory { get; init; }

    /// <summary>Memory of the VMM's own is of huge pages (2 MiB).</summary>
    public bool HugePages { get; init; }

    /// <summary>Bounds of the VMM's control group, in force before its program is; null is none.</summary>
    public VmLimits? Limits { get; init; }

    /// <summary>A saved state to go on from; null boots the kernel.</summary>
    public VmSavedState? SavedState { get; init; }

    /// <summary>In the guest's order: /dev/vda, /dev/vdb, …</summary>
    public required IReadOnlyList<VmDisk> Disks { get; init; }

    /// <summary>The host's end of the guest's network interface; null is a guest without one.</summary>
    public VmNetworkDevice? Network { get; init; }

    /// <summary>Where the guest's serial console is written.</summary>
    public required string ConsoleLogPath { get; init; }

    public required AccelDecision Accel { get; init; }

    /// <summary>The name of the virtio-serial port that carries the link.</summary>
    public required string LinkPortName { get; init; }

    /// <summary>The names of further ports, whose bytes are somebody else's business.</summary>
    public IReadOnlyList<string> PortNames { get; init; } = [];
}

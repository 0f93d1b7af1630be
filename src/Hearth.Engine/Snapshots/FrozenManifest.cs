using Hearth.Core.Specs;
using Hearth.Vmm;

namespace Hearth.Engine.Snapshots;

/// <summary>What a frozen guest is and what it needs to go on; <c>manifest.json</c>.</summary>
public sealed record FrozenManifest
{
    /// <summary>The newest format this program writes; a newer one is refused.</summary>
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public required FrozenKind Kind { get; init; }

    /// <summary>A snapshot's name, a template's key, a suspended VM's id.</summary>
    public required string Name { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>What the state can be loaded by: <see cref="HostIdentity"/>.</summary>
    public required string Engine { get; init; }

    /// <summary><c>qemu/tcg</c>, <c>qemu/kvm</c>.</summary>
    public required string Accel { get; init; }

    /// <summary>The digest of the kernel that runs.</summary>
    public required string Kernel { get; init; }

    /// <summary>The image as the user wrote it, and its id.</summary>
    public required string Image { get; init; }

    public required string ImageId { get; init; }

    public required int Vcpus { get; init; }

    public required long MemoryBytes { get; init; }

    public required long DiskBytes { get; init; }

    /// <summary>When the memory file was last written, in ticks of UTC: a later time means that somebody changed it.</summary>
    public required long MemoryModified { get; init; }

    /// <summary>The writable disk's files, bottom first; names in the same directory.</summary>
    public required IReadOnlyList<DiskLayer> Disk { get; init; }

    /// <summary>The VM that was frozen; null for a template in which no container runs.</summary>
    public VmSpec? Spec { get; init; }

    /// <summary>When its container was started; null for a template, which copies are not older than.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Disk without memory: such a snapshot is booted, not restored.</summary>
    public bool DiskOnly { get; init; }

    /// <summary>Ports for shares that its machine has.</summary>
    public int SharePorts { get; init; }

    /// <summary>Labels of a snapshot, as <c>snapshot tag</c> set them.</summary>
    public IReadOnlyList<string> Tags { get; init => field = value ?? []; } = [];
}

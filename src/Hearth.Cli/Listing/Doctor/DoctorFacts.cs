using Hearth.Vmm;

namespace Hearth.Cli.Listing.Doctor;

/// <summary>What was found on this machine; <see cref="DoctorChecks"/> judge it.</summary>
internal sealed record DoctorFacts
{
    public required KvmFacts Kvm { get; init; }

    /// <summary>Null when QEMU is not installed.</summary>
    public string? QemuPath { get; init; }

    /// <summary><c>7.2.15</c>; null when it did not say.</summary>
    public string? QemuVersion { get; init; }

    /// <summary>Programs by name, with the path where they were found; null when they are missing.</summary>
    public required IReadOnlyDictionary<string, string?> Programs { get; init; }

    /// <summary><c>v2</c>, <c>v1</c>, <c>hybrid</c> or <c>none</c>.</summary>
    public required string CgroupTree { get; init; }

    /// <summary>Whether a group may be made in it.</summary>
    public bool CgroupWritable { get; init; }

    public required string Home { get; init; }

    /// <summary>Content of the home's version file; null when there is no home yet.</summary>
    public string? HomeVersion { get; init; }

    /// <summary>Why the home cannot be written to; null when it can.</summary>
    public string? HomeError { get; init; }

    public long FreeBytes { get; init; }

    /// <summary>Octal digits of the mode of /dev/net/tun; null when there is none.</summary>
    public string? TunMode { get; init; }

    public bool IsRoot { get; init; }

    /// <summary>RLIMIT_NOFILE, soft; null is unlimited.</summary>
    public long? OpenFiles { get; init; }

    /// <summary>RLIMIT_NPROC, soft; null is unlimited.</summary>
    public long? Processes { get; init; }

    /// <summary>Why an ordinary user cannot make a user namespace; null when one can.</summary>
    public string? UserNamespaceError { get; init; }

    /// <summary>Null for who is not root, and may have neither bridged nor routed networks.</summary>
    public ForwardingFacts? Forwarding { get; init; }

    public long AvailableMemoryBytes { get; init; }

    /// <summary>The kernels that are here.</summary>
    public IReadOnlyList<string> Kernels { get; init; } = [];
}

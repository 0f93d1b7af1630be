using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.ChildPrograms;

/// <summary>How a child is made.</summary>
public sealed record LaunchOptions
{
    /// <summary>New mount, PID, UTS and IPC namespaces. (A cgroup namespace is the child's own step: its root is where the caller is.)</summary>
    public bool NewNamespaces { get; init; }

    /// <summary>A new user namespace and a network namespace that it owns.</summary>
    public bool NewUserNetwork { get; init; }

    /// <summary>A new network namespace of the caller's user namespace.</summary>
    public bool NewNetwork { get; init; }

    /// <summary>A cgroup v2 directory that the child is born in; null is the caller's.</summary>
    public SafeFileHandle? Cgroup { get; init; }

    /// <summary>A pidfd or PID-namespace file whose PID namespace the child is born in; null is the caller's.</summary>
    public SafeFileHandle? PidNamespace { get; init; }
}

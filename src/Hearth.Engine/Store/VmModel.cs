using Hearth.Core.Specs;

namespace Hearth.Engine.Store;

/// <summary>A VM at one moment: what was asked and what is so. Immutable.</summary>
/// <param name="Spec"><c>spec.json</c>.</param>
/// <param name="State"><c>state.json</c>, reconciled: a VM whose supervisor is gone has exited.</param>
/// <param name="Directory">Where its files are.</param>
public sealed record VmModel(VmSpec Spec, VmState State, string Directory)
{
    public string Id => Spec.Id;

    public string Name => Spec.Name;

    public string ControlSocket => Path.Combine(Directory, "control.sock");

    public string LogFile => Path.Combine(Directory, "log.jsonl");

    public string ConsoleLog => Path.Combine(Directory, "console.log");

    public string DisksDirectory => Path.Combine(Directory, "disks");

    public string WritableDisk => Path.Combine(DisksDirectory, "writable.img");

    /// <summary>The memory file that the VM's guest maps privately; missing when it was booted.</summary>
    public string MemoryBase => Path.Combine(Directory, "memory");

    /// <summary>The frozen guest that the next start goes on from; missing when that is a boot.</summary>
    public string Origin => Path.Combine(Directory, "origin");

    /// <summary>What its supervisor did and why (<c>--log-level</c>); there when something was said.</summary>
    public string SupervisorLog => Path.Combine(Directory, "supervisor.log");

    /// <summary>What its guest was let reach and what not; there when a policy decided something.</summary>
    public string EgressLog => Path.Combine(Directory, "egress.jsonl");

    /// <summary>Held by its supervisor from its first to its last moment, and by the guest that serves copies of a VM that does not run.</summary>
    public string SupervisorLock => SupervisorLockIn(Directory);

    /// <summary>Whether a supervisor owns it.</summary>
    public bool IsActive => HasSupervisor(State.Status);

    /// <summary>Whether it suspended itself: it goes on when it is used.</summary>
    public bool IsIdle => State is { Status: VmStatus.Suspended, SuspendedBy: SuspendCause.Idle };

    /// <summary><see cref="SupervisorLock"/> of a directory that may be no VM's yet, or any more.</summary>
    internal static string SupervisorLockIn(string directory) => Path.Combine(directory, "supervisor.lock");

    /// <summary>Whether a VM of that status is in the hands of a supervisor, unless that died.</summary>
    internal static bool HasSupervisor(VmStatus status) => status is not (VmStatus.Created or VmStatus.Exited or VmStatus.Suspended);
}

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

    /// <summary>What its supervisor did and why (<c>--log-level</c>); there when something was said.</summary>
    public string SupervisorLog => Path.Combine(Directory, "supervisor.log");

    public string WritableDisk => Path.Combine(Directory, "disks", "writable.img");

    /// <summary>Whether a supervisor owns it.</summary>
    public bool IsActive => State.Status is not (VmStatus.Created or VmStatus.Exited);
}

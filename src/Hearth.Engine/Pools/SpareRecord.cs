using Hearth.Core.Naming;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Store;

namespace Hearth.Engine.Pools;

/// <summary>A VM that stands ready, or will; <c>spares/&lt;id&gt;.json</c>, written by its supervisor alone while that lives. Gone once it was taken.</summary>
public sealed record SpareRecord
{
    /// <summary>The newest format this program writes; one of a newer program is passed over.</summary>
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>64 hexadecimal digits: its own, and the VM's that it becomes.</summary>
    public required string Id { get; init; }

    /// <summary>The key of its pool.</summary>
    public required string Pool { get; init; }

    /// <summary>The key of the template that it was made from.</summary>
    public required string Shape { get; init; }

    public required SpareStatus Status { get; init; }

    /// <summary>The process that owns it.</summary>
    public required ProcessIdentity Supervisor { get; init; }

    /// <summary>The VMM; null before it has one.</summary>
    public ProcessIdentity? Vmm { get; init; }

    /// <summary>The VMM's cgroup directories, with colons between, when it has some.</summary>
    public string? Cgroup { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>As a VM, for those who talk to its supervisor. Only its id, name and place are right.</summary>
    internal VmModel ToModel(HearthPaths paths)
    {
        VmSpec spec = new()
        {
            Id = Id,
            Name = $"spare-{VmId.Short(Id)}",
            Created = Created,
            Image = "",
            ImageId = "",
            Container = new ContainerSpec { Hostname = "spare", Process = new ProcessSpec { Args = [] } },
        };
        return new VmModel(spec, new VmState(), paths.Vm(Id));
    }
}

using Hearth.Core.Specs;

namespace Hearth.Vmm;

/// <summary>One VMM process and its guest; see <see cref="IVmEngine"/> for its life.</summary>
public interface IVmInstance : IAsyncDisposable
{
    ProcessIdentity Process { get; }

    /// <summary><c>qemu/tcg</c>, <c>qemu/kvm</c>.</summary>
    string Description { get; }

    /// <summary>The byte pipe to the agent. The instance owns it.</summary>
    Stream Link { get; }

    /// <summary>Completes when the VMM process has ended. Never fails.</summary>
    Task<VmmExit> Exited { get; }

    /// <summary>The VMM's cgroup directories; empty when it has none.</summary>
    IReadOnlyList<string> Cgroups { get; }

    /// <summary>Stops the vCPUs; the guest's clock stands.</summary>
    Task PauseAsync(CancellationToken cancellationToken);

    Task ResumeAsync(CancellationToken cancellationToken);

    /// <summary>Ends the VMM at once and waits until it is gone.</summary>
    Task KillAsync();
}

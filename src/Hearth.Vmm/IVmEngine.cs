namespace Hearth.Vmm;

/// <summary>
/// A VMM driver.
/// <para>Words: an <i>engine</i> starts <i>instances</i>; an instance is one VMM process with one guest. Its <i>link</i> is the
/// byte pipe to the agent, connected before the guest runs.</para>
/// <para>Life: <see cref="StartAsync"/> returns an instance whose guest runs, or, with a saved state
/// (<see cref="VmLaunch.SavedState"/>), one that stands still until <see cref="IVmInstance.ResumeAsync"/>. It may be paused and resumed. It ends by the guest's
/// power-off, by <see cref="IVmInstance.KillAsync"/> or by the VMM's own death; <see cref="IVmInstance.Exited"/> completes then,
/// once, and says how. Disposing kills what still lives and releases everything in reverse order.</para>
/// <para>Engines differ by <see cref="Capabilities"/>; callers never ask which engine it is.</para>
/// </summary>
public interface IVmEngine
{
    /// <summary><c>qemu</c>, <c>firecracker</c>.</summary>
    string Name { get; }

    EngineCapabilities Capabilities { get; }

    /// <summary>Starts a VMM and its guest, or loads a saved one.</summary>
    /// <exception cref="Hearth.Core.Errors.HearthException"><c>engine.missing</c>, <c>engine.failed</c>, <c>accel.unusable</c>, <c>snapshot.restore</c>.</exception>
    Task<IVmInstance> StartAsync(VmLaunch launch, CancellationToken cancellationToken);
}

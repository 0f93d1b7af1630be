using Hearth.Core.Errors;
using Hearth.Vmm;

namespace Hearth.Engine.Snapshots;

/// <summary>Whether this host can go on with a frozen guest.</summary>
internal static class SnapshotCheck
{
    /// <exception cref="HearthException"><c>snapshot.incompatible</c>, <c>snapshot.changed</c>.</exception>
    public static void RequireRestorable(FrozenState state, AccelDecision accel)
    {
        bool savedUnderKvm = state.Manifest.Accel.EndsWith("/kvm", StringComparison.Ordinal);
        if (savedUnderKvm != accel.UseKvm)
        {
            throw Incompatible(state, $"it was made with {state.Manifest.Accel}, and here {accel.Reason}", "Use --accel as it was then, on a host that can.");
        }

        if (state.Manifest.Engine != HostIdentity.Of(accel))
        {
            throw Incompatible(state, "it was made by another QEMU or, under KVM, on another CPU", "Make it again here, or go back to that QEMU.");
        }

        state.RequireUnchanged();
    }

    private static HearthException Incompatible(FrozenState state, string why, string cure) =>
        new("snapshot.incompatible", $"Snapshot {state.Manifest.Name} cannot be restored here: {why}.", cure);
}

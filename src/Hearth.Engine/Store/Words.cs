using Hearth.Core.Specs;

namespace Hearth.Engine.Store;

/// <summary>Docker's words for the status of a VM.</summary>
public static class Words
{
    public static string Of(VmStatus status) => status switch
    {
        VmStatus.Created => "created",
        VmStatus.Starting => "starting",
        VmStatus.Running => "running",
        VmStatus.Paused => "paused",
        VmStatus.Stopping => "stopping",
        VmStatus.Restarting => "restarting",
        VmStatus.Suspended => "suspended",
        _ => "exited",
    };

    /// <summary>Docker's words for health, and one for what Docker calls none.</summary>
    public static string Of(HealthStatus status) => status switch
    {
        HealthStatus.Starting => "starting",
        HealthStatus.Healthy => "healthy",
        HealthStatus.Unhealthy => "unhealthy",
        _ => "unknown",
    };
}

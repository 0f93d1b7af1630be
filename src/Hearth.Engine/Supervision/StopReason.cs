namespace Hearth.Engine.Supervision;

/// <summary>Why a supervisor ends its VM; the first is kept.</summary>
internal enum StopReason
{
    /// <summary>It does not: the container ended by itself.</summary>
    None,

    /// <summary>stop, kill or rm -f.</summary>
    User,

    /// <summary>--timeout ran out.</summary>
    Timeout,

    /// <summary>The client that owns a foreground run is gone.</summary>
    ClientDied,

    /// <summary>Frozen to disk: the next start goes on from there.</summary>
    Suspended,
}

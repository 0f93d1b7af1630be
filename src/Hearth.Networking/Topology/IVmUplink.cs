namespace Hearth.Networking.Topology;

/// <summary>The way out of a VM's namespace; made with the namespace, released before it.</summary>
internal interface IVmUplink : IAsyncDisposable
{
    /// <summary>The interface that packets leave the namespace by, once they do.</summary>
    string Interface { get; }

    /// <summary>Where they wait for it; null: nowhere.</summary>
    string? Waiting { get; }

    /// <summary>Whether the guest may reach the host's loopback; decided before the guest sends.</summary>
    /// <exception cref="NotSupportedException">This way does not lead there.</exception>
    bool ReachesHost { get; set; }
}

using Hearth.Core.Specs;

namespace Hearth.Networking.Ports;

/// <summary>A port of the host that is bound and served.</summary>
internal abstract class OpenPort(PublishedPort port) : IAsyncDisposable
{
    /// <summary>As it is: with a number.</summary>
    public PublishedPort Port { get; } = port;

    /// <summary>Whether somebody is connected.</summary>
    public abstract bool IsInUse { get; }

    /// <summary>Takes nothing more from the host: what comes waits in the socket. What was taken goes on.</summary>
    public abstract Task HoldAsync();

    /// <summary>Goes on after <see cref="HoldAsync"/>; nothing happens when the port is closed.</summary>
    public abstract void Resume();

    /// <summary>Ends what goes through the port, and hands its socket over, open all the time.</summary>
    public abstract Task<HeldPort> ReleaseAsync();

    public abstract ValueTask DisposeAsync();
}

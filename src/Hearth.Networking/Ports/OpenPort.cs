using Hearth.Core.Specs;

namespace Hearth.Networking.Ports;

/// <summary>A port of the host that is bound and served.</summary>
internal abstract class OpenPort(PublishedPort port) : IAsyncDisposable
{
    /// <summary>As it is: with a number.</summary>
    public PublishedPort Port { get; } = port;

    public abstract ValueTask DisposeAsync();
}

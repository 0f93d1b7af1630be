namespace Hearth.Engine.Dialing;

/// <summary>A way to the TCP ports of one VM's guest. Ways differ in what they reach, and in what they cost.</summary>
public interface IGuestConnector
{
    /// <summary>Connects to a port of the guest.</summary>
    /// <param name="port">1 to 65535.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The connection; a <see cref="Protocol.Link.IHalfClose"/> whose directions end one by one. Disposing it before they have resets it.</returns>
    /// <exception cref="Core.Errors.HearthException"><c>dial.refused</c>: nothing listens there; <c>dial.failed</c>; <c>guest.gone</c>.</exception>
    ValueTask<Stream> ConnectAsync(int port, CancellationToken cancellationToken);
}

using System.Net.Sockets;
using Hearth.Core.Errors;
using Hearth.Engine.Dialing;
using Hearth.Networking.Ports;
using Hearth.Networking.Topology;
using Hearth.Protocol.Link;

namespace Hearth.Engine.Networks;

/// <summary>The ports of a VM's guest: through its network, and those of its loopback through its agent.</summary>
internal sealed class GuestPorts(VmNetwork network) : IGuestPorts
{
    /// <summary>The agent's way; null while there is no guest that answers.</summary>
    public IGuestConnector? Agent { get; set; }

    public Task<Socket> ConnectAsync(int port, CancellationToken cancellationToken) => network.ConnectAsync(port, cancellationToken);

    public Socket OpenDatagramSocket(int port) => network.OpenDatagramSocket(port);

    public async Task<LoopbackConnection?> ConnectLoopbackAsync(int port, CancellationToken cancellationToken)
    {
        if (Agent is not { } agent)
        {
            return null;
        }

        try
        {
            Stream stream = await agent.ConnectAsync(port, cancellationToken);
            return new LoopbackConnection(stream, ((IHalfClose)stream).CloseWrite);
        }
        catch (Exception e) when (e is HearthException or IOException)
        {
            return null;
        }
    }
}

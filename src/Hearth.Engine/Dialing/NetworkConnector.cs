using System.Net.Sockets;
using Hearth.Linux;
using Hearth.Linux.ChildPrograms;
using Hearth.Networking.Ports;

namespace Hearth.Engine.Dialing;

/// <summary>
/// Connects from the supervisor's side of the VM's network. What is refused there, or not answered, is asked of the agent, which reaches the guest's loopback
/// and its other addresses.
/// </summary>
/// <param name="network">The guest's ports; a refusal there costs nothing.</param>
/// <param name="agent">The other way; whatever it says is what is told.</param>
/// <param name="patience">How long the network may take to answer: a guest whose own firewall drops what comes from outside never does.</param>
/// <param name="time">Measures that.</param>
internal sealed class NetworkConnector(IGuestPorts network, IGuestConnector agent, TimeSpan patience, TimeProvider time) : IGuestConnector
{
    public async ValueTask<Stream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        using CancellationTokenSource unanswered = new(patience, time);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(unanswered.Token, cancellationToken);
        try
        {
            return new SocketConnection(await network.ConnectAsync(port, end.Token));
        }
        catch (Exception e) when (e is SocketException or ErrnoException or ChildProgramException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return await agent.ConnectAsync(port, cancellationToken);
        }
    }
}

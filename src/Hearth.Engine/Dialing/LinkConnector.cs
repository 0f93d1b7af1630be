using Hearth.Core.Errors;
using Hearth.Engine.Supervision;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;

namespace Hearth.Engine.Dialing;

/// <summary>Connects through the agent, over a stream of the link: also to what listens on the guest's loopback alone, and without any network.</summary>
internal sealed class LinkConnector(AgentClient agent) : IGuestConnector
{
    public async ValueTask<Stream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        AgentSession session = await agent.OpenAsync(new DialRequest(port), cancellationToken);
        try
        {
            return await session.Reader.ReadAsync(cancellationToken) switch
            {
                { Type: FrameType.Reply } => session.Stream,
                { Type: FrameType.Error } error => throw Client.ControlConnection.ToException(error.Payload),
                _ => throw new HearthException("guest.protocol", "The VM's agent gave an answer that makes no sense.", "Start the VM again."),
            };
        }
        catch (LinkException e)
        {
            session.Dispose();
            throw new HearthException("guest.gone", "The VM ended during the request.", null, inner: e);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }
}

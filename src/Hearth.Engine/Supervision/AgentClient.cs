using Hearth.Core.Errors;
using Hearth.Protocol;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;

namespace Hearth.Engine.Supervision;

/// <summary>Requests to the agent, each on a stream of its own.</summary>
internal sealed class AgentClient(LinkConnection link)
{
    /// <summary>How long an agent may take over a request that has a single answer; a busy emulated guest is slow, not silent.</summary>
    private static readonly TimeSpan s_answerTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Opens a stream and sends a request on it.</summary>
    public async Task<AgentSession> OpenAsync(AgentRequest request, CancellationToken cancellationToken)
    {
        AgentSession session = new(link.Connect(AgentPorts.Service));
        try
        {
            await session.Writer.WriteJsonAsync(FrameType.Request, request, ProtocolJson.Default.AgentRequest, cancellationToken);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request and returns its Reply's payload.</summary>
    /// <exception cref="HearthException">What the agent answered; <c>guest.no-answer</c>.</exception>
    public Task<byte[]> CallAsync(AgentRequest request, CancellationToken cancellationToken) => CallAsync(request, s_answerTimeout, cancellationToken);

    /// <summary>The same with a bound of the caller's.</summary>
    public async Task<byte[]> CallAsync(AgentRequest request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            // A guest that stands still leaves the pipe full, and then sending itself blocks: hence a task that can be left.
            return await Task.Run(() => ExchangeAsync(request, cancellationToken), cancellationToken).WaitAsync(timeout, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new HearthException(
                "guest.no-answer", $"The VM's agent did not answer within {timeout.TotalSeconds:0} s.", "'hearth kill' ends the VM; its console log may say why.");
        }
        catch (IOException e)
        {
            throw new HearthException("guest.gone", "The VM ended during the request.", null, inner: e);
        }
    }

    private async Task<byte[]> ExchangeAsync(AgentRequest request, CancellationToken cancellationToken)
    {
        using AgentSession session = await OpenAsync(request, cancellationToken);
        return await session.Reader.ReadAsync(cancellationToken) switch
        {
            { Type: FrameType.Reply } reply => reply.Payload.ToArray(),
            { Type: FrameType.Error } error => throw Client.ControlConnection.ToException(error.Payload),
            _ => throw new HearthException("guest.protocol", "The VM's agent gave an answer that makes no sense.", "Start the VM again."),
        };
    }
}

using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Supervision;
using Hearth.Protocol;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Frames;

namespace Hearth.Engine.Health;

/// <summary>Runs a command in the container. The agent kills it, and what it started, when its stream ends first.</summary>
internal sealed class CommandProbe(AgentClient agent, ProcessSpec process) : IHealthProbe
{
    public async Task<int> CheckAsync(HealthOutput output, CancellationToken cancellationToken)
    {
        try
        {
            using AgentSession session = await agent.OpenAsync(new GuestExecRequest(process, Bound: true), cancellationToken);
            while (await session.Reader.ReadAsync(cancellationToken) is { } frame)
            {
                switch (frame.Type)
                {
                    case FrameType.Stdout or FrameType.Stderr:
                        output.Add(frame.Payload.Span);
                        break;
                    case FrameType.Exit:
                        return FrameReader.Parse(frame.Payload, ProtocolJson.Default.ExitMessage).ExitCode;
                    case FrameType.Error:
                        throw Client.ControlConnection.ToException(frame.Payload);
                    default:
                        break;
                }
            }

            throw new InvalidDataException("the agent closed the session of the check");
        }
        catch (Exception e) when (e is HearthException or IOException or InvalidDataException)
        {
            output.Add(e.Message);
            return e is HearthException { ExitCode: > 0 } told ? told.ExitCode : 1;
        }
    }
}

using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;

namespace Hearth.Engine.Supervision;

/// <summary>One stream to the agent with its frames.</summary>
internal sealed class AgentSession(LinkStream stream) : IDisposable
{
    public LinkStream Stream { get; } = stream;

    public FrameReader Reader { get; } = new(stream);

    public FrameWriter Writer { get; } = new(stream);

    public void Dispose()
    {
        Writer.Dispose();
        Stream.Dispose();
    }
}

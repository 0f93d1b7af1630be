using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;

namespace Hearth.Engine.Supervision;

/// <summary>One stream to the agent with its frames.</summary>
internal sealed class AgentSession(LinkStream stream) : IDisposable
{
    public LinkStream Stream { get; } = stream;

    public FrameReader Reader { get; } = new(stream);

    public FrameWriter Writer { get; } = new(stream);

    /// <summary>Passes frames between a client and the agent unread, both ways, until the agent closes the session.</summary>
    public async Task SpliceAsync(Stream client)
    {
        Task up = client.CopyToAsync(Stream, CancellationToken.None);
        Task down = Stream.CopyToAsync(client, CancellationToken.None);
        await Task.WhenAny(up, down);
        if (!down.IsCompleted)
        {
            Stream.Dispose(); // The client went: the agent is told by the stream's reset.
        }

        await down;
    }

    public void Dispose()
    {
        Writer.Dispose();
        Stream.Dispose();
    }
}

using Hearth.Protocol.Frames;

namespace Hearth.Cli.Copy;

/// <summary>Bytes written here go to a VM as Stdin frames.</summary>
internal sealed class FrameOutputStream(FrameWriter writer) : ForwardStream
{
    public override bool CanWrite => true;

    /// <summary>Bytes sent so far.</summary>
    public long Sent { get; private set; }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            int count = Math.Min(buffer.Length, Frame.ChunkBytes);
            await writer.WriteAsync(FrameType.Stdin, buffer[..count], cancellationToken);
            buffer = buffer[count..];
            Sent += count;
        }
    }

    public ValueTask EndAsync(CancellationToken cancellationToken) => writer.WriteAsync(FrameType.StdinEof, ReadOnlyMemory<byte>.Empty, cancellationToken);
}

using Hearth.Agent.Service;
using Hearth.Protocol.Frames;

namespace Hearth.Agent.Copying;

/// <summary>The bytes of Stdin frames up to StdinEof. The host going away in the middle is an error, not an end.</summary>
internal sealed class FrameInput(RequestStream session) : Stream
{
    private ReadOnlyMemory<byte> _rest;
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        while (_rest.Length == 0 && !_ended)
        {
            Frame frame = session.Read() ?? throw new EndOfStreamException("The host went away before the archive's end.");
            if (frame.Type == FrameType.Stdin)
            {
                _rest = frame.Payload;
            }
            else if (frame.Type == FrameType.StdinEof)
            {
                _ended = true;
            }
        }

        int part = Math.Min(buffer.Length, _rest.Length);
        _rest.Span[..part].CopyTo(buffer);
        _rest = _rest[part..];
        return part;
    }

    /// <summary>Reads and forgets what follows the archive, so that the sender is not held up.</summary>
    public void Drain()
    {
        Span<byte> sink = stackalloc byte[4096];
        while (Read(sink) > 0)
        {
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

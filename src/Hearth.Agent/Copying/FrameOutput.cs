using Hearth.Agent.Service;
using Hearth.Protocol.Frames;

namespace Hearth.Agent.Copying;

/// <summary>What is written here goes out as Stdout frames of full size; <see cref="Finish"/> sends the rest.</summary>
internal sealed class FrameOutput(RequestStream session) : Stream
{
    private readonly byte[] _buffer = new byte[RequestStream.HeaderBytes + Frame.ChunkBytes];
    private int _length;

    public override bool CanRead => false;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            int part = Math.Min(buffer.Length, Frame.ChunkBytes - _length);
            buffer[..part].CopyTo(_buffer.AsSpan(RequestStream.HeaderBytes + _length));
            _length += part;
            buffer = buffer[part..];
            if (_length == Frame.ChunkBytes)
            {
                Send();
            }
        }
    }

    public override void Flush()
    {
    }

    /// <summary>Sends what does not fill a frame.</summary>
    public void Finish()
    {
        if (_length > 0)
        {
            Send();
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Send()
    {
        session.WriteInPlace(FrameType.Stdout, _buffer, RequestStream.HeaderBytes, _length);
        _length = 0;
    }
}

using System.Text.Json.Serialization.Metadata;
using Hearth.Agent.Threads;
using Hearth.Protocol;
using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;

namespace Hearth.Agent.Service;

/// <summary>Session frames over a link stream, read and written by threads that block. One reader and one writer at a time.</summary>
internal sealed class RequestStream(LinkStream stream) : IDisposable
{
    /// <summary>What <see cref="WriteInPlace"/> needs free before a payload: the headers of a session frame and of a link frame.</summary>
    public const int HeaderBytes = Frame.HeaderBytes + LinkFrame.HeaderBytes;

    private readonly FrameWriter _writer = new(stream);
    private byte[] _frame = new byte[1024];

    /// <summary>Waits for the next frame, or the end; false when the stream has failed.</summary>
    public bool WaitReadable() => stream.WaitReadable();

    /// <summary>The next frame, valid until the next read; null at the end of the stream.</summary>
    public Frame? Read()
    {
        int got = stream.ReadAtLeast(_frame.AsSpan(0, Frame.HeaderBytes), Frame.HeaderBytes, throwOnEndOfStream: false);
        if (got == 0)
        {
            return null;
        }

        if (got < Frame.HeaderBytes || !Frame.TryReadHeader(_frame, out FrameType type, out int length))
        {
            throw new InvalidDataException("The host sent something that is not a frame.");
        }

        int whole = Frame.HeaderBytes + length;
        if (_frame.Length < whole)
        {
            byte[] larger = new byte[Math.Max(whole, 64 * 1024)];
            _frame.AsSpan(0, Frame.HeaderBytes).CopyTo(larger);
            _frame = larger;
        }

        Memory<byte> payload = _frame.AsMemory(Frame.HeaderBytes, length);
        stream.ReadExactly(payload.Span);
        return new Frame(type, payload, _frame.AsMemory(0, whole));
    }

    public void Write<T>(FrameType type, T message, JsonTypeInfo<T> typeInfo) =>
        Blocking.Wait(_writer.WriteJsonAsync(type, message, typeInfo, CancellationToken.None));

    /// <summary>An empty Reply.</summary>
    public void Acknowledge() => Blocking.Wait(_writer.WriteAsync(FrameType.Reply, ReadOnlyMemory<byte>.Empty, CancellationToken.None));

    /// <summary>Sends a payload where it stands; the <see cref="HeaderBytes"/> before it are overwritten.</summary>
    public void WriteInPlace(FrameType type, byte[] buffer, int start, int length)
    {
        Frame.WriteHeader(buffer.AsSpan(start - Frame.HeaderBytes), type, length);
        stream.WriteInPlace(buffer, start - Frame.HeaderBytes, Frame.HeaderBytes + length);
    }

    public void Fail(ErrorMessage error) => Write(FrameType.Error, error, ProtocolJson.Default.ErrorMessage);

    public void CloseWrite() => stream.CloseWrite();

    public void Dispose()
    {
        stream.Dispose();
        _writer.Dispose();
    }
}

using System.Text.Json.Serialization.Metadata;
using Hearth.Agent.Threads;
using Hearth.Protocol;
using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;

namespace Hearth.Agent.Service;

/// <summary>Session frames over a link stream, read and written by threads that block. One reader; any number of writers.</summary>
internal sealed class RequestStream(LinkStream stream) : IDisposable
{
    private readonly FrameWriter _writer = new(stream);
    private readonly byte[] _header = new byte[Frame.HeaderBytes];
    private byte[] _payload = new byte[1024];

    /// <summary>The next frame, valid until the next read; null at the end of the stream.</summary>
    public Frame? Read()
    {
        int got = stream.ReadAtLeast(_header, _header.Length, throwOnEndOfStream: false);
        if (got == 0)
        {
            return null;
        }

        if (got < _header.Length || !Frame.TryReadHeader(_header, out FrameType type, out int length))
        {
            throw new InvalidDataException("The host sent something that is not a frame.");
        }

        if (_payload.Length < length)
        {
            _payload = new byte[Math.Max(length, 64 * 1024)];
        }

        stream.ReadExactly(_payload.AsSpan(0, length));
        return new Frame(type, _payload.AsMemory(0, length));
    }

    public void Write<T>(FrameType type, T message, JsonTypeInfo<T> typeInfo) =>
        Blocking.Wait(_writer.WriteJsonAsync(type, message, typeInfo, CancellationToken.None));

    /// <summary>An empty Reply.</summary>
    public void Acknowledge() => Blocking.Wait(_writer.WriteAsync(FrameType.Reply, ReadOnlyMemory<byte>.Empty, CancellationToken.None));

    /// <summary>Sends what stands in the buffer behind <see cref="Frame.HeaderBytes"/>.</summary>
    public void WriteInPlace(FrameType type, byte[] buffer, int length) =>
        Blocking.Wait(_writer.WriteInPlaceAsync(type, buffer, length, CancellationToken.None));

    public void Fail(ErrorMessage error) => Write(FrameType.Error, error, ProtocolJson.Default.ErrorMessage);

    public void CloseWrite() => stream.CloseWrite();

    public void Dispose()
    {
        stream.Dispose();
        _writer.Dispose();
    }
}

using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hearth.Protocol.Frames;

/// <summary>Reads session frames from a stream. One caller at a time.</summary>
public sealed class FrameReader(Stream stream)
{
    private readonly byte[] _header = new byte[Frame.HeaderBytes];
    private byte[] _payload = new byte[4096];

    /// <summary>The next frame; null at a clean end of the stream.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a frame.</exception>
    /// <exception cref="EndOfStreamException">The stream ended inside a frame.</exception>
    public async ValueTask<Frame?> ReadAsync(CancellationToken cancellationToken)
    {
        int got = await stream.ReadAtLeastAsync(_header, _header.Length, throwOnEndOfStream: false, cancellationToken);
        if (got == 0)
        {
            return null;
        }

        if (got < _header.Length)
        {
            throw new EndOfStreamException("The stream ended inside a frame's header.");
        }

        if (!Frame.TryReadHeader(_header, out FrameType type, out int length))
        {
            throw new InvalidDataException($"Not a frame: {Convert.ToHexStringLower(_header)}.");
        }

        if (_payload.Length < length)
        {
            _payload = new byte[Math.Max(length, 64 * 1024)];
        }

        await stream.ReadExactlyAsync(_payload.AsMemory(0, length), cancellationToken);
        return new Frame(type, _payload.AsMemory(0, length));
    }

    /// <summary>The payload of a JSON frame.</summary>
    /// <exception cref="InvalidDataException">The payload is not such a message.</exception>
    public static T Parse<T>(ReadOnlyMemory<byte> payload, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(payload.Span, type) ?? throw new InvalidDataException("A message is null.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new InvalidDataException($"Not a {typeof(T).Name}: {e.Message}", e);
        }
    }
}

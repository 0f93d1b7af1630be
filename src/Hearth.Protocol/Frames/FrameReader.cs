using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hearth.Protocol.Frames;

/// <summary>Reads session frames from a stream. One caller at a time.</summary>
public sealed class FrameReader(Stream stream)
{
    private byte[] _frame = new byte[4096];

    /// <summary>The next frame; null at a clean end of the stream.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a frame.</exception>
    /// <exception cref="EndOfStreamException">The stream ended inside a frame.</exception>
    public async ValueTask<Frame?> ReadAsync(CancellationToken cancellationToken)
    {
        int got = await stream.ReadAtLeastAsync(_frame.AsMemory(0, Frame.HeaderBytes), Frame.HeaderBytes, throwOnEndOfStream: false, cancellationToken);
        if (got == 0)
        {
            return null;
        }

        if (got < Frame.HeaderBytes)
        {
            throw new EndOfStreamException("The stream ended inside a frame's header.");
        }

        if (!Frame.TryReadHeader(_frame, out FrameType type, out int length))
        {
            throw new InvalidDataException($"Not a frame: {Convert.ToHexStringLower(_frame, 0, Frame.HeaderBytes)}.");
        }

        int whole = Frame.HeaderBytes + length;
        if (_frame.Length < whole)
        {
            byte[] larger = new byte[Math.Max(whole, 64 * 1024)];
            _frame.AsSpan(0, Frame.HeaderBytes).CopyTo(larger);
            _frame = larger;
        }

        Memory<byte> payload = _frame.AsMemory(Frame.HeaderBytes, length);
        await stream.ReadExactlyAsync(payload, cancellationToken);
        return new Frame(type, payload, _frame.AsMemory(0, whole));
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

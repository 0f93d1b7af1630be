using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hearth.Protocol.Frames;

/// <summary>Writes session frames to a stream, each in one write. Any number of callers: frames do not mix.</summary>
public sealed class FrameWriter(Stream stream) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private bool _torn;

    public async ValueTask WriteAsync(FrameType type, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        byte[] whole = ArrayPool<byte>.Shared.Rent(Frame.HeaderBytes + payload.Length);
        try
        {
            Frame.WriteHeader(whole, type, payload.Length);
            payload.CopyTo(whole.AsMemory(Frame.HeaderBytes));
            await PassAsync(whole.AsMemory(0, Frame.HeaderBytes + payload.Length), cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    /// <summary>Passes a frame on as it came: <see cref="Frame.Whole"/>.</summary>
    public async ValueTask PassAsync(ReadOnlyMemory<byte> whole, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_torn)
            {
                throw new IOException("An earlier frame was cut short.");
            }

            // Until the write has succeeded the stream may end inside a frame, and nothing may follow that.
            _torn = true;
            await stream.WriteAsync(whole, cancellationToken);
            _torn = false;
        }
        finally
        {
            _turn.Release();
        }
    }

    public ValueTask WriteJsonAsync<T>(FrameType type, T message, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken) =>
        WriteAsync(type, JsonSerializer.SerializeToUtf8Bytes(message, typeInfo), cancellationToken);

    public ValueTask WriteResizeAsync(int rows, int columns, CancellationToken cancellationToken)
    {
        byte[] payload = new byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(payload, (ushort)rows);
        BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(2), (ushort)columns);
        return WriteAsync(FrameType.Resize, payload, cancellationToken);
    }

    public void Dispose() => _turn.Dispose();
}

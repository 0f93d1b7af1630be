using Hearth.Core.Errors;

namespace Hearth.Images.Layers;

/// <summary>
/// The unpacked bytes of one layer through a buffer, counted against <see cref="LayerLimits.UnpackedBytes"/>. Every fault of the
/// stream below it leaves as <c>layer.invalid</c> with the layer named.
/// </summary>
internal sealed class LayerReader : IDisposable
{
    /// <summary>Large enough that one read of a pipe or a decompressor pays; small enough to stay in the cache.</summary>
    private const int BufferBytes = 256 * 1024;

    private readonly Stream _stream;
    private readonly LayerLimits _limits;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;
    private long _total;

    public LayerReader(LayerSource layer, Stream stream, LayerLimits limits)
    {
        Layer = layer;
        _stream = stream;
        _limits = limits;
    }

    public LayerSource Layer { get; }

    /// <summary>At most <paramref name="wanted"/> of the next bytes, at least one; empty at the end. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Next(long wanted)
    {
        if (_start == _end)
        {
            Fill();
        }

        int count = (int)Math.Min(wanted, _end - _start);
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(_start, count);
        _start += count;
        return bytes;
    }

    /// <summary>Fills <paramref name="target"/>; false when the stream ends before its first byte.</summary>
    /// <param name="path">The entry being read, for the error of a stream that ends in the middle; null before a name is known.</param>
    public bool TryRead(Span<byte> target, string? path)
    {
        int done = 0;
        while (done < target.Length)
        {
            ReadOnlySpan<byte> bytes = Next(target.Length - done);
            if (bytes.IsEmpty)
            {
                return done == 0 ? false : throw Truncated(path);
            }

            bytes.CopyTo(target[done..]);
            done += bytes.Length;
        }

        return true;
    }

    public void Read(Span<byte> target, string? path)
    {
        if (!target.IsEmpty && !TryRead(target, path))
        {
            throw Truncated(path);
        }
    }

    public void Skip(long count, string? path)
    {
        while (count > 0)
        {
            int length = Next(count).Length;
            count -= length > 0 ? length : throw Truncated(path);
        }
    }

    public HearthException Truncated(string? path) => LayerErrors.Invalid(Layer, path, "the archive ends in the middle");

    public void Dispose() => _stream.Dispose();

    private void Fill()
    {
        _start = 0;
        try
        {
            _end = _stream.Read(_buffer);
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            throw LayerErrors.Invalid(Layer, null, $"it cannot be unpacked ({error.Message.TrimEnd('.')})", error);
        }

        _total += _end;
        if (_total > _limits.UnpackedBytes)
        {
            throw LayerErrors.Invalid(Layer, null, $"it unpacks to more than {_limits.UnpackedBytes} bytes");
        }
    }
}

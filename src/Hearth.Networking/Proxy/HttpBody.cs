namespace Hearth.Networking.Proxy;

/// <summary>Where the body of a request ends: after its length, or its last chunk and trailers (RFC 9112 §7.1).</summary>
internal sealed class HttpBody
{
    private const int MaxLineBytes = 1024;
    private const int MaxTrailerBytes = 8 * 1024;

    private State _state;
    private long _left;
    private int _trailerBytes;

    private enum State
    {
        Counted,
        ChunkSize,
        ChunkBytes,
        ChunkEnd,
        Trailer,
    }

    /// <param name="bytes">Null: chunks.</param>
    public void Begin(long? bytes)
    {
        _state = bytes is null ? State.ChunkSize : State.Counted;
        _left = bytes ?? 0;
        _trailerBytes = 0;
    }

    /// <summary>How many of the bytes belong to the body, and may be forgotten.</summary>
    public int Take(ReadOnlySpan<byte> bytes, out bool isDone, out string? fault)
    {
        fault = null;
        isDone = false;
        int taken = 0;
        while (!isDone && fault is null)
        {
            ReadOnlySpan<byte> rest = bytes[taken..];
            int step = _state is State.Counted or State.ChunkBytes ? TakeCounted(rest, out isDone) : TakeLine(rest, out isDone, out fault);
            taken += step;
            if (step == 0)
            {
                break;
            }
        }

        return taken;
    }

    private int TakeCounted(ReadOnlySpan<byte> bytes, out bool isDone)
    {
        int step = (int)Math.Min(_left, bytes.Length);
        _left -= step;
        isDone = _left == 0 && _state == State.Counted;
        _state = _left == 0 && _state == State.ChunkBytes ? State.ChunkEnd : _state;
        return step;
    }

    private int TakeLine(ReadOnlySpan<byte> bytes, out bool isDone, out string? fault)
    {
        isDone = false;
        fault = null;
        int end = bytes.IndexOf((byte)'\n');
        if (end < 0)
        {
            fault = bytes.Length > MaxLineBytes ? "a line of chunks that does not end" : null;
            return 0;
        }

        ReadOnlySpan<byte> line = bytes[..end];
        if (line.Length is 0 or > MaxLineBytes || line[^1] != '\r' || line[..^1].Contains((byte)'\r'))
        {
            fault = "a line of chunks that does not end with CR LF";
            return 0;
        }

        line = line[..^1];
        switch (_state)
        {
            case State.ChunkSize:
                fault = BeginChunk(line);
                break;
            case State.ChunkEnd:
                fault = line.IsEmpty ? null : "a chunk that does not end where it says";
                _state = State.ChunkSize;
                break;
            default:
                _trailerBytes += end;
                isDone = line.IsEmpty;
                fault = _trailerBytes > MaxTrailerBytes ? "trailers that do not end" : null;
                break;
        }

        return fault is null ? end + 1 : 0;
    }

    private string? BeginChunk(ReadOnlySpan<byte> line)
    {
        int extension = line.IndexOf((byte)';');
        ReadOnlySpan<byte> digits = extension < 0 ? line : line[..extension];
        long size = 0;
        foreach (byte b in digits)
        {
            if (!char.IsAsciiHexDigit((char)b) || digits.Length > 15)
            {
                return "a chunk of a size that is no number";
            }

            size = (size << 4) | (long)Convert.FromHexString([(char)'0', (char)b])[0];
        }

        _left = size;
        _state = size == 0 ? State.Trailer : State.ChunkBytes;
        return digits.IsEmpty ? "a chunk without a size" : null;
    }
}

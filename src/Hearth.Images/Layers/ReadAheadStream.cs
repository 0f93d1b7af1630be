using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Hearth.Images.Layers;

/// <summary>
/// Reads a stream ahead on a thread of its own, a few buffers at most, so that decompression and the work on its result take one
/// processor each. The end, or the fault that ended it, arrives in order after the data.
/// </summary>
internal sealed class ReadAheadStream : ReadOnlyStream
{
    private const int BufferBytes = 256 * 1024;
    private const int Buffers = 8;

    private readonly Stream _inner;
    private readonly BlockingCollection<(byte[] Buffer, int Length)> _full = new(Buffers);
    private readonly BlockingCollection<byte[]> _free = new(Buffers);
    private readonly CancellationTokenSource _closed = new();
    private readonly Thread _thread;
    private ExceptionDispatchInfo? _fault;
    private (byte[] Buffer, int Length) _current = ([], 0);
    private int _position;

    public ReadAheadStream(Stream inner)
    {
        _inner = inner;
        for (int i = 0; i < Buffers; i++)
        {
            _free.Add(new byte[BufferBytes]);
        }

        _thread = new Thread(Pump) { IsBackground = true, Name = "hearth: unpack" };
        _thread.Start();
    }

    public override int Read(Span<byte> buffer)
    {
        if (_position == _current.Length && !Advance())
        {
            return 0;
        }

        int count = Math.Min(buffer.Length, _current.Length - _position);
        _current.Buffer.AsSpan(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_closed.IsCancellationRequested)
        {
            _closed.Cancel();
            _thread.Join();
            _inner.Dispose();
            _full.Dispose();
            _free.Dispose();
            _closed.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool Advance()
    {
        if (_current.Buffer.Length > 0)
        {
            _free.Add(_current.Buffer);
        }

        _position = 0;
        _current = ([], 0);
        if (!_full.TryTake(out _current, Timeout.Infinite))
        {
            _current = ([], 0);
            _fault?.Throw();
            return false;
        }

        return true;
    }

    private void Pump()
    {
        try
        {
            while (true)
            {
                byte[] buffer = _free.Take(_closed.Token);
                int length = _inner.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
                if (length == 0)
                {
                    return;
                }

                _full.Add((buffer, length), _closed.Token);
            }
        }
        catch (OperationCanceledException) when (_closed.IsCancellationRequested)
        {
            // The reader closed early; nobody waits for more.
        }
#pragma warning disable CA1031 // The root of a thread: the fault is handed to the reader.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _fault = ExceptionDispatchInfo.Capture(error);
        }
        finally
        {
            _full.CompleteAdding();
        }
    }
}

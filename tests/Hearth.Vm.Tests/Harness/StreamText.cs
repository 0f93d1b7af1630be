using System.Buffers;
using System.Text;

namespace Hearth.Vm.Tests.Harness;

/// <summary>Collects a stream to its end, and tells when a text has come.</summary>
internal sealed class StreamText
{
    private readonly Lock _lock = new();
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<(string Text, TaskCompletionSource Seen)> _awaited = [];

    public StreamText(Stream stream) => Ended = Task.Run(() => ReadAsync(stream));

    /// <summary>Completes at the end of the stream.</summary>
    public Task Ended { get; }

    public byte[] Bytes()
    {
        lock (_lock)
        {
            return _bytes.WrittenSpan.ToArray();
        }
    }

    /// <summary>Completes once the stream so far holds <paramref name="text"/>; fails when it ends without.</summary>
    public Task ContainsAsync(string text)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _awaited.Add((text, seen));
            Tell();
        }

        return Ended.IsCompleted ? Fail(text, seen) : seen.Task;
    }

    private Task Fail(string text, TaskCompletionSource seen)
    {
        seen.TrySetException(new InvalidOperationException($"The stream ended without '{text}': {Encoding.UTF8.GetString(Bytes())}"));
        return seen.Task;
    }

    private async Task ReadAsync(Stream stream)
    {
        byte[] buffer = new byte[65536];
        int count;
        while ((count = await stream.ReadAsync(buffer)) > 0)
        {
            lock (_lock)
            {
                _bytes.Write(buffer.AsSpan(0, count));
                Tell();
            }
        }

        foreach ((string text, TaskCompletionSource seen) in _awaited.ToArray())
        {
            await Task.WhenAny(Fail(text, seen));
        }
    }

    private void Tell()
    {
        if (_awaited.Count == 0)
        {
            return;
        }

        string shown = Encoding.UTF8.GetString(_bytes.WrittenSpan);
        foreach ((string text, TaskCompletionSource seen) in _awaited)
        {
            if (shown.Contains(text, StringComparison.Ordinal))
            {
                seen.TrySetResult();
            }
        }

        _awaited.RemoveAll(static awaited => awaited.Seen.Task.IsCompleted);
    }
}

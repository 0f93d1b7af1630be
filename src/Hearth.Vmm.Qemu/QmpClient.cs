using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Hearth.Linux;
using Hearth.Linux.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Vmm.Qemu;

// Theory of operation
//
// QEMU's monitor protocol (docs/interop/qmp-spec) is JSON lines: a greeting, then an answer to each command, with events in
// between. One task reads; it completes the command that waits for an answer, and whoever waits for an event. Commands go
// one at a time. A descriptor travels with the first byte of the command that names it (getfd, add-fd).
//
// A QEMU that is stopped or stuck in the host's I/O answers nothing. The first command that it leaves unanswered waits for the
// whole bound; those after it are sent, since they may be what cleans up, but not waited for until QEMU is heard of again.

/// <summary>QEMU's monitor.</summary>
internal sealed class QmpClient : IAsyncDisposable
{
    /// <summary>Commands take milliseconds, and at most as long as a flush of a disk whose file was synced before.</summary>
    private static readonly TimeSpan s_answerBound = TimeSpan.FromSeconds(60);

    private readonly Socket _socket;
    private readonly TimeSpan _answerBound;
    private readonly NetworkStream _stream;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly TaskCompletionSource _greeting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<EventWaiter, byte> _waiters = [];
    private readonly Task _reading;
    private volatile TaskCompletionSource<JsonElement>? _answer;
    private volatile bool _silent;
    private long _command;

    /// <param name="socket">Connected to QEMU's monitor; owned from here.</param>
    /// <param name="answerBound">How long an answer may take; null for the usual bound.</param>
    public QmpClient(Socket socket, TimeSpan? answerBound = null)
    {
        _socket = socket;
        _answerBound = answerBound ?? s_answerBound;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reading = ReadAsync();
    }

    /// <summary>Waits for the greeting and leaves capabilities negotiation.</summary>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        await _greeting.Task.WaitAsync(cancellationToken);
        await ExecuteAsync("qmp_capabilities", null, cancellationToken);
    }

    /// <summary>Runs a command and returns its answer.</summary>
    /// <param name="command">Its name.</param>
    /// <param name="arguments">A JSON object; null for none.</param>
    /// <exception cref="EndOfStreamException">QEMU is gone.</exception>
    /// <exception cref="IOException">QEMU refused it, or does not answer: that has a <see cref="TimeoutException"/> inside.</exception>
    public Task<JsonElement> ExecuteAsync(string command, string? arguments, CancellationToken cancellationToken) =>
        ExecuteAsync(command, arguments, null, cancellationToken);

    /// <summary>The same, with a descriptor for the command to take.</summary>
    public async Task<JsonElement> ExecuteAsync(string command, string? arguments, SafeFileHandle? descriptor, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            TaskCompletionSource<JsonElement> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            long id = Interlocked.Increment(ref _command);
            _answer = answer;
            if (_reading.IsCompleted)
            {
                throw Closed();
            }

            byte[] line = Encoding.UTF8.GetBytes($"{{\"id\":{id},\"execute\":\"{command}\"{(arguments is null ? "" : $",\"arguments\":{arguments}")}}}\n");
            if (descriptor is null)
            {
                await _stream.WriteAsync(line, cancellationToken);
            }
            else
            {
                DescriptorPassing.Send(_socket, line, descriptor);
            }

            JsonElement message = await WaitForAnswerAsync(answer.Task, command, cancellationToken);
            return message.TryGetProperty("error"u8, out JsonElement error)
                ? throw new IOException($"QEMU refused '{command}': {error.GetProperty("desc"u8).GetString()}")
                : message.GetProperty("return"u8);
        }
        catch (IOException e) when (e.InnerException is SocketException || e is ErrnoException)
        {
            throw new EndOfStreamException("QEMU closed its monitor.", e);
        }
        finally
        {
            _answer = null;
            _turn.Release();
        }
    }

    /// <summary>Starts to listen for an event; call before the command that causes it.</summary>
    /// <param name="matches">Looks at the whole message.</param>
    public EventWaiter Expect(Func<JsonElement, bool> matches)
    {
        EventWaiter waiter = new(matches);
        _waiters[waiter] = 0;
        if (_reading.IsCompleted)
        {
            waiter.Fail(Closed());
        }

        return waiter;
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _reading;
        _turn.Dispose();
    }

    private async Task<JsonElement> WaitForAnswerAsync(Task<JsonElement> answer, string command, CancellationToken cancellationToken)
    {
        try
        {
            return await answer.WaitAsync(_silent ? TimeSpan.Zero : _answerBound, cancellationToken);
        }
        catch (TimeoutException e)
        {
            _silent = true;
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"QEMU did not answer '{command}' within {_answerBound.TotalSeconds:0} s."), e);
        }
    }

    private static EndOfStreamException Closed() => new("QEMU closed its monitor.");

    private async Task ReadAsync()
    {
        Exception end = Closed();
        try
        {
            using StreamReader reader = new(_stream, leaveOpen: true);
            while (await reader.ReadLineAsync() is { } line)
            {
                using JsonDocument message = JsonDocument.Parse(line);
                Dispatch(message.RootElement.Clone());
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or JsonException)
        {
            end = new EndOfStreamException($"QEMU's monitor has ended: {e.Message}", e);
        }

        _greeting.TrySetException(end);
        _ = _greeting.Task.Exception; // Observed: not everybody waits for it.
        _answer?.TrySetException(end);
        foreach (EventWaiter waiter in _waiters.Keys)
        {
            waiter.Fail(end);
        }
    }

    private void Dispatch(JsonElement message)
    {
        _silent = false;
        if (message.TryGetProperty("event"u8, out _))
        {
            foreach (EventWaiter waiter in _waiters.Keys.Where(w => w.Offer(message)))
            {
                _waiters.TryRemove(waiter, out _);
            }
        }
        else if (message.TryGetProperty("QMP"u8, out _))
        {
            _greeting.TrySetResult();
        }
        else if (message.TryGetProperty("id"u8, out JsonElement id) && id.GetInt64() == Interlocked.Read(ref _command))
        {
            // Any other answer belongs to a command whose caller has gone.
            _answer?.TrySetResult(message);
        }
    }
}

using System.Runtime.InteropServices;
using System.Threading.Channels;
using Hearth.Core.Errors;

namespace Hearth.Cli.Sessions;

/// <summary>Passes what happens to this process on to the session: new window sizes and, when asked, signals.</summary>
/// <remarks>
/// Handlers only write to a channel; one loop sends, in order, once the process has started. The third SIGINT or SIGTERM
/// means that the process ignores them (a PID 1 does unless it has a handler), and ends the session.
/// </remarks>
internal sealed class SessionEvents : IAsyncDisposable
{
    private const int WindowChanged = 0;
    private const int Interrupt = 2;
    private const int Terminate = 15;
    private const int ForcedAfter = 3;

    /// <summary>SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM (signal(7), x86-64 and arm64).</summary>
    private static readonly int[] s_forwarded = [1, Interrupt, 3, 10, 12, 14, Terminate];

    private readonly CliContext _context;
    private readonly SessionPump _pump;
    private readonly Channel<int> _happened = Channel.CreateUnbounded<int>();
    private readonly List<IDisposable> _registrations = [];
    private readonly TaskCompletionSource<SessionEnd> _forced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _over = new();
    private readonly Task _loop;
    private int _interrupts;

    public SessionEvents(CliContext context, SessionPump pump, SessionOptions options)
    {
        _context = context;
        _pump = pump;
        if (options.Tty)
        {
            _happened.Writer.TryWrite(WindowChanged); // The window may have changed since the process was described.
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => _happened.Writer.TryWrite(WindowChanged)));
        }

        _loop = ForwardAsync(options);
    }

    /// <summary>Completes when the user insists on leaving.</summary>
    public Task<SessionEnd> Forced => _forced.Task;

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        try
        {
            await _loop;
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }

        _registrations.ForEach(static registration => registration.Dispose());
        _over.Dispose();
    }

    private async Task ForwardAsync(SessionOptions options)
    {
        await _pump.Started.WaitAsync(_over.Token);
        options.UntilStarted?.Dispose();
        if (options is { ForwardSignals: true, Tty: false })
        {
            TakeSignals();
        }

        await foreach (int number in _happened.Reader.ReadAllAsync(_over.Token))
        {
            if (number != WindowChanged)
            {
                await _pump.SendSignalAsync(number, _over.Token);
            }
            else if (ClientSession.WindowSize() is { Rows: > 0 } size)
            {
                await _pump.SendSizeAsync(size.Rows, size.Columns, _over.Token);
            }
        }
    }

    private void TakeSignals()
    {
        if (_context.Interrupts is { } interrupts)
        {
            _registrations.Add(interrupts.Suspend());
        }

        foreach (int number in s_forwarded)
        {
            _registrations.Add(PosixSignalRegistration.Create((PosixSignal)number, signal =>
            {
                signal.Cancel = true;
                OnSignal(number);
            }));
        }
    }

    private void OnSignal(int number)
    {
        _happened.Writer.TryWrite(number);
        if (number is Interrupt or Terminate && Interlocked.Increment(ref _interrupts) >= ForcedAfter)
        {
            _forced.TrySetResult(new SessionEnd(SessionEndReason.Forced, ExitCodes.SignalBase + number));
        }
    }
}

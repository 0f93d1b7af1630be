using System.Runtime.InteropServices;

namespace Hearth.Cli;

/// <summary>
/// What Ctrl-C does. The first SIGINT, SIGTERM or SIGHUP cancels the command, so that it can leave things in order; a second
/// one ends the process at once, as if nothing had been registered. A session that forwards signals to its container takes
/// them over with <see cref="Suspend"/>.
/// </summary>
internal sealed class InterruptSource : IDisposable
{
    private static readonly PosixSignal[] s_signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _suspended;
    private int _signal;

    public CancellationToken Token => _source.Token;

    /// <summary>The number of the signal that cancelled the command; 0 when none did.</summary>
    public int SignalNumber => Volatile.Read(ref _signal);

    /// <summary>Begins to listen. Not in the constructor: it starts a thread, which commands that only print need not pay for.</summary>
    public void Listen()
    {
        foreach (PosixSignal signal in s_signals)
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, OnSignal));
        }
    }

    /// <summary>Until the result is disposed, signals do not cancel the command: somebody else handles them.</summary>
    public IDisposable Suspend()
    {
        Interlocked.Increment(ref _suspended);
        return new Suspension(this);
    }

    public void Dispose()
    {
        _registrations.ForEach(static registration => registration.Dispose());
        _source.Dispose();
    }

    private static int Number(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGHUP => 1,
        PosixSignal.SIGINT => 2,
        _ => 15,
    };

    private void OnSignal(PosixSignalContext context)
    {
        if (Volatile.Read(ref _suspended) > 0)
        {
            context.Cancel = true;
            return;
        }

        context.Cancel = Interlocked.CompareExchange(ref _signal, Number(context.Signal), 0) == 0;
        if (context.Cancel)
        {
            _source.Cancel();
        }
    }

    private sealed class Suspension(InterruptSource owner) : IDisposable
    {
        private int _done;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _done, 1) == 0)
            {
                Interlocked.Decrement(ref owner._suspended);
            }
        }
    }
}

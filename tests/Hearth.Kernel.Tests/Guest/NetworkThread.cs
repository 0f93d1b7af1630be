using System.Collections.Concurrent;
using System.Globalization;
using Hearth.Linux;
using Hearth.Linux.Processes;

namespace Hearth.Kernel.Tests.Guest;

/// <summary>A thread in a network namespace of its own (network_namespaces(7)); sockets that it makes stay there.</summary>
internal sealed class NetworkThread : IDisposable
{
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET, clone(2)

    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    public NetworkThread(string name)
    {
        _thread = new Thread(Loop) { IsBackground = true, Name = name };
        _thread.Start();
        ThreadId = Run(() =>
        {
            if (Libc.unshare(NewNetwork) != 0)
            {
                throw ErrnoException.FromLastError("unshare", "the network");
            }

            string link = Directory.ResolveLinkTarget("/proc/thread-self", returnFinalTarget: false)!.FullName;
            return int.Parse(Path.GetFileName(link), CultureInfo.InvariantCulture);
        });
        Ip("link set lo up");
    }

    public int ThreadId { get; }

    public T Run<T>(Func<T> action)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(action());
            }
#pragma warning disable CA1031 // It is the caller's, and thrown there.
            catch (Exception e)
#pragma warning restore CA1031
            {
                done.SetException(e);
            }
        });
        return done.Task.WaitAsync(TimeSpan.FromSeconds(30)).GetAwaiter().GetResult();
    }

    /// <summary>Runs ip(8) in the namespace.</summary>
    public void Ip(string arguments) => Run(() =>
    {
        using System.Diagnostics.Process ip = System.Diagnostics.Process.Start("ip", arguments);
        ip.WaitForExit();
        ip.ExitCode.ShouldBe(0, arguments);
        return 0;
    });

    public static bool HasTools => ToolProcess.Find("ip") is not null;

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private void Loop()
    {
        foreach (Action action in _work.GetConsumingEnumerable())
        {
            action();
        }
    }
}

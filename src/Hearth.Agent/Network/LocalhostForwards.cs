using System.Net;
using Hearth.Agent.Threads;
using Hearth.Core.Errors;
using Hearth.Linux;
using Hearth.Linux.Sockets;

namespace Hearth.Agent.Network;

/// <summary>
/// Ports of the guest's loopback that lead to the host: listened on here, and carried to the same port of the gateway, where the supervisor takes
/// them on. Kept over a freeze; a copy that is given others closes these.
/// </summary>
internal static class LocalhostForwards
{
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(10);

    private static readonly Dictionary<int, TcpListenerSocket[]> s_open = [];

    /// <exception cref="HearthException"><c>guest.forward</c>: something listens on the port.</exception>
    public static void Apply(IReadOnlyList<int> ports, IPAddress gateway)
    {
        foreach (int port in s_open.Keys.Except(ports).ToArray())
        {
            s_open.Remove(port, out TcpListenerSocket[]? listeners);
            Array.ForEach(listeners!, static listener => listener.Dispose());
        }

        foreach (int port in ports.Except(s_open.Keys).ToArray())
        {
            s_open[port] = Open(port, gateway);
        }
    }

    private static TcpListenerSocket[] Open(int port, IPAddress gateway)
    {
        List<TcpListenerSocket> listeners = [];
        try
        {
            listeners.Add(TcpListenerSocket.Open(new IPEndPoint(IPAddress.Loopback, port)));
            if (File.Exists("/proc/net/if_inet6"))
            {
                listeners.Add(TcpListenerSocket.Open(new IPEndPoint(IPAddress.IPv6Loopback, port)));
            }
        }
        catch (ErrnoException e)
        {
            listeners.ForEach(static listener => listener.Dispose());
            throw new HearthException("guest.forward", $"Port {port} of the guest's loopback cannot be forwarded: {e.Message}", "Something in the guest listens there; forward another port.", inner: e);
        }

        foreach (TcpListenerSocket listener in listeners)
        {
            WorkerThreads.Run(() => Serve(listener, new IPEndPoint(gateway, port)));
        }

        return [.. listeners];
    }

    private static void Serve(TcpListenerSocket listener, IPEndPoint target)
    {
        try
        {
            while (listener.Accept() is { } client)
            {
                WorkerThreads.Run(() => Carry(client, target));
            }
        }
        catch (ErrnoException)
        {
            // The guest has no more descriptors to give.
        }
    }

    /// <summary>One thread a direction; a direction that fails takes the other along.</summary>
    private static void Carry(TcpSocket client, IPEndPoint target)
    {
        using TcpSocket inside = client;
        try
        {
            using TcpSocket outside = TcpSocket.Connect(target, s_connectTimeout);
            using ManualResetEventSlim done = new();
            WorkerThreads.Run(() =>
            {
                Pass(outside, inside);
                done.Set();
            });
            Pass(inside, outside);
            done.Wait();
        }
        catch (ErrnoException)
        {
            inside.Abort(); // The host refused: so does this.
        }
    }

    private static void Pass(TcpSocket from, TcpSocket to)
    {
        const int BufferBytes = 32 << 10;
        try
        {
            byte[] buffer = new byte[BufferBytes];
            int got;
            while ((got = from.Read(buffer)) > 0)
            {
                to.Write(buffer.AsSpan(0, got));
            }

            to.CloseWrite();
        }
        catch (Exception e) when (e is ErrnoException or OperationCanceledException or ObjectDisposedException)
        {
            from.Abort();
            to.Abort();
        }
    }
}

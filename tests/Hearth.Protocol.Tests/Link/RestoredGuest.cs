using System.IO.Pipes;
using Hearth.Protocol.Link;

namespace Hearth.Protocol.Tests.Link;

/// <summary>
/// A guest whose pipe leads to one host after the other, as that of a guest that is frozen and goes on elsewhere: its memory,
/// with everything that waits in it, is the same, and the other end of its port is new.
/// </summary>
internal sealed class RestoredGuest : IDisposable
{
    private readonly AnonymousPipeServerStream _toGuest = new(PipeDirection.Out);
    private readonly AnonymousPipeServerStream _fromGuest = new(PipeDirection.Out);
    private readonly List<LinkConnection> _hosts = [];
    private readonly List<Stream> _ends = [];
    private readonly Thread _router;
    private volatile Stream? _toHost;

    public RestoredGuest()
    {
        Guest = new LinkConnection(new DuplexStream(new AnonymousPipeClientStream(PipeDirection.In, _toGuest.ClientSafePipeHandle), _fromGuest), isHost: false, "guest");
        _router = new Thread(Route) { IsBackground = true, Name = "router" };
    }

    public LinkConnection Guest { get; }

    /// <summary>Starts both; the first host.</summary>
    public LinkConnection Start(ulong epoch)
    {
        LinkConnection host = PlugIn();
        _router.Start();
        host.Start(epoch);
        Guest.Start(7);
        return host;
    }

    /// <summary>A new host in place of the last one, which hears nothing more.</summary>
    public LinkConnection PlugIn()
    {
        AnonymousPipeServerStream up = new(PipeDirection.Out);
        LinkConnection host = new(new DuplexStream(new AnonymousPipeClientStream(PipeDirection.In, up.ClientSafePipeHandle), _toGuest), isHost: true, "host");
        _toHost = up;
        _ends.Add(up);
        _hosts.Add(host);
        return host;
    }

    /// <summary>Writing ends first: whoever reads sees the end and lets go of its own.</summary>
    public void Dispose()
    {
        _fromGuest.Dispose();
        _toGuest.Dispose();
        _toHost?.Dispose();
        foreach (Stream end in _ends)
        {
            end.Dispose();
        }

        Guest.Dispose();
        foreach (LinkConnection host in _hosts)
        {
            host.Dispose();
        }
    }

    private void Route()
    {
        using AnonymousPipeClientStream input = new(PipeDirection.In, _fromGuest.ClientSafePipeHandle);
        byte[] buffer = new byte[4096];
        try
        {
            for (int got; (got = input.Read(buffer)) > 0;)
            {
                _toHost!.Write(buffer.AsSpan(0, got));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}

using System.IO.Pipes;
using Hearth.Protocol.Link;

namespace Hearth.Protocol.Tests.Link;

/// <summary>A host's and a guest's end over two in-process pipes, as virtio-serial is: bytes in order, bounded, blocking.</summary>
internal sealed class LinkPair : IDisposable
{
    public LinkPair()
    {
        AnonymousPipeServerStream down = new(PipeDirection.Out);
        AnonymousPipeServerStream up = new(PipeDirection.Out);
        Host = new LinkConnection(new DuplexStream(new AnonymousPipeClientStream(PipeDirection.In, up.ClientSafePipeHandle), down), isHost: true, "host");
        Guest = new LinkConnection(new DuplexStream(new AnonymousPipeClientStream(PipeDirection.In, down.ClientSafePipeHandle), up), isHost: false, "guest");
    }

    public LinkConnection Host { get; }

    public LinkConnection Guest { get; }

    public void Start()
    {
        Host.Start(1);
        Guest.Start(2);
    }

    public void Dispose()
    {
        Host.Dispose();
        Guest.Dispose();
    }
}

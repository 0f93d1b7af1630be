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
        Host = new LinkConnection(new Duplex(new AnonymousPipeClientStream(PipeDirection.In, up.ClientSafePipeHandle), down), isHost: true, "host");
        Guest = new LinkConnection(new Duplex(new AnonymousPipeClientStream(PipeDirection.In, down.ClientSafePipeHandle), up), isHost: false, "guest");
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

    private sealed class Duplex(Stream input, Stream output) : Stream
    {
        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => input.Read(buffer, offset, count);

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

        public override void Flush() => output.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            output.Dispose();
            input.Dispose();
            base.Dispose(disposing);
        }
    }
}

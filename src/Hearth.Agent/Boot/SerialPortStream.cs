using Hearth.Linux.Files;

namespace Hearth.Agent.Boot;

/// <summary>
/// A virtio-serial port while the host may not have opened its side yet: a read then says end of file, but a write waits
/// (drivers/char/virtio_console.c, will_read_block and will_write_block). So no read is tried before the first write is done.
/// </summary>
internal sealed class SerialPortStream(DescriptorStream port) : Stream
{
    private readonly ManualResetEventSlim _written = new();

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        _written.Wait();
        return port.Read(buffer);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        port.Write(buffer);
        _written.Set();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        port.Dispose();
        _written.Dispose();
        base.Dispose(disposing);
    }
}

using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Agent.Boot;

/// <summary>
/// A virtio-serial port while the host may not have opened its side yet: a read then says end of file, but a write waits
/// (drivers/char/virtio_console.c, will_read_block and will_write_block). So no read is tried before the first write is done.
/// </summary>
internal sealed class SerialPortStream(SafeFileHandle port) : DescriptorStream(port)
{
    private readonly ManualResetEventSlim _written = new();

    public override int Read(Span<byte> buffer)
    {
        _written.Wait();
        return base.Read(buffer);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        base.Write(buffer);
        _written.Set();
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _written.Dispose();
    }
}

using System.Formats.Tar;

namespace Hearth.Vm.Tests.Images;

/// <summary>Writes one layer of a test image, entry by entry.</summary>
internal sealed class LayerTar : IDisposable
{
    private readonly MemoryStream _buffer = new();
    private readonly TarWriter _writer;

    public LayerTar() => _writer = new TarWriter(_buffer, TarEntryFormat.Pax, leaveOpen: true);

    public LayerTar Directory(string path, int mode = 0b111_101_101, int owner = 0) =>
        Write(new PaxTarEntry(TarEntryType.Directory, path) { Mode = (UnixFileMode)mode, Uid = owner, Gid = owner });

    public LayerTar File(string path, byte[] content, int mode = 0b110_100_100, int owner = 0, Dictionary<string, string>? attributes = null)
    {
        PaxTarEntry entry = attributes is null ? new PaxTarEntry(TarEntryType.RegularFile, path) : new PaxTarEntry(TarEntryType.RegularFile, path, attributes);
        entry.DataStream = new MemoryStream(content);
        entry.Mode = (UnixFileMode)mode;
        entry.Uid = entry.Gid = owner;
        return Write(entry);
    }

    public LayerTar Link(string path, string target) => Write(new PaxTarEntry(TarEntryType.HardLink, path) { LinkName = target, Mode = (UnixFileMode)0b111_101_101 });

    public LayerTar Symlink(string path, string target) => Write(new PaxTarEntry(TarEntryType.SymbolicLink, path) { LinkName = target });

    public LayerTar CharacterDevice(string path, int major, int minor) =>
        Write(new PaxTarEntry(TarEntryType.CharacterDevice, path) { DeviceMajor = major, DeviceMinor = minor, Mode = (UnixFileMode)0b110_110_110 });

    public LayerTar Fifo(string path) => Write(new PaxTarEntry(TarEntryType.Fifo, path) { Mode = (UnixFileMode)0b110_110_110 });

    /// <summary>The layer's bytes. Nothing may be added after that.</summary>
    public byte[] ToArray()
    {
        _writer.Dispose();
        return _buffer.ToArray();
    }

    public void Dispose()
    {
        _writer.Dispose();
        _buffer.Dispose();
    }

    private LayerTar Write(PaxTarEntry entry)
    {
        entry.ModificationTime = DateTimeOffset.UnixEpoch;
        _writer.WriteEntry(entry);
        return this;
    }
}

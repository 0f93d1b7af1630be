using System.Formats.Tar;

namespace Hearth.Images.Catalogue;

/// <summary>Writes a layer whose bytes depend on its content alone: root owns everything, and no time is but the epoch.</summary>
internal sealed class LayerTarWriter : IAsyncDisposable
{
    private readonly TarWriter _writer;

    public LayerTarWriter(string path) =>
        _writer = new TarWriter(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 20), TarEntryFormat.Ustar);

    public Task DirectoryAsync(string path, int mode, CancellationToken cancellationToken) =>
        WriteAsync(new UstarTarEntry(TarEntryType.Directory, path + "/"), mode, cancellationToken);

    public Task FileAsync(string path, byte[] content, int mode, CancellationToken cancellationToken) =>
        WriteAsync(new UstarTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(content) }, mode, cancellationToken);

    public Task SymlinkAsync(string path, string target, CancellationToken cancellationToken) =>
        WriteAsync(new UstarTarEntry(TarEntryType.SymbolicLink, path) { LinkName = target }, 0x1FF /* 0777 */, cancellationToken);

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    private Task WriteAsync(UstarTarEntry entry, int mode, CancellationToken cancellationToken)
    {
        entry.Mode = (UnixFileMode)mode;
        entry.ModificationTime = DateTimeOffset.UnixEpoch;
        return _writer.WriteEntryAsync(entry, cancellationToken);
    }
}

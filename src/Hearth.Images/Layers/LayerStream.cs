using System.IO.Compression;

namespace Hearth.Images.Layers;

/// <summary>Opens a layer blob as the plain archive in it, by the first bytes: docker-archive layers carry no media type.</summary>
internal static class LayerStream
{
    private static ReadOnlySpan<byte> GzipMagic => [0x1f, 0x8b];

    private static ReadOnlySpan<byte> ZstdMagic => [0x28, 0xb5, 0x2f, 0xfd];

    /// <param name="layer">The blob.</param>
    /// <param name="onRead">Told the bytes of the blob read so far, from the thread that reads.</param>
    public static Stream Open(LayerSource layer, Action<long> onRead)
    {
        var file = new FileStream(layer.Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        Span<byte> head = stackalloc byte[4];
        int length = RandomAccess.Read(file.SafeFileHandle, head, 0);
        head = head[..length];
        if (head.StartsWith(ZstdMagic))
        {
            file.Dispose();
            return new ZstdStream(layer);
        }

        var counted = new CountingStream(file, onRead);
        return head.StartsWith(GzipMagic)
            ? new ReadAheadStream(new GZipStream(new BufferedStream(counted, 128 * 1024), CompressionMode.Decompress))
            : counted;
    }
}

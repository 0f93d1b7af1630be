namespace Hearth.Images.Layers;

/// <summary>What a layer may ask for before it is refused: layers come from the network.</summary>
/// <param name="UnpackedBytes">
/// Bytes of one decompressed layer, and of all files of an image with the holes of sparse ones. 64 GiB: several times the largest
/// images in use (machine-learning ones, about 20 GiB). A bound on the total, not on the ratio, because a file of zeros
/// legitimately shrinks a thousandfold.
/// </param>
/// <param name="Entries">Entries of all layers together; an entry costs about 300 bytes of memory while its layer is read.</param>
public sealed record LayerLimits(long UnpackedBytes = 64L << 30, int Entries = 5_000_000)
{
    /// <summary>PATH_MAX of Linux, in bytes.</summary>
    public const int PathBytes = 4096;

    /// <summary>NAME_MAX of Linux, in bytes.</summary>
    public const int NameBytes = 255;

    /// <summary>Bytes of one extension header (PAX records, GNU long name); real ones hold a few attributes.</summary>
    public const int ExtensionBytes = 1 << 20;

    /// <summary>Pieces of one sparse file; GNU tar writes one for each run of data.</summary>
    public const int SparsePieces = 1 << 20;

    /// <summary>XATTR_SIZE_MAX of Linux, in bytes.</summary>
    public const int AttributeBytes = 65536;
}

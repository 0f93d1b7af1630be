namespace Hearth.Images.Archives;

/// <summary>What <c>hearth save</c> writes.</summary>
public enum ArchiveFormat
{
    /// <summary>What <c>docker load</c> reads; layers are stored uncompressed.</summary>
    DockerArchive,

    /// <summary>An OCI image layout in a tar archive; blobs are stored as they are.</summary>
    OciArchive,
}

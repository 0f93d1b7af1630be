namespace Hearth.Images.Kernels;

/// <summary>How a bzImage's payload is compressed.</summary>
internal enum KernelCompression
{
    Gzip,
    Lz4Legacy,
    Xz,
    Zstandard,
}

namespace Hearth.Images.Layers;

/// <summary>A run of data in a sparse file, in bytes; what lies between two runs reads as zeros.</summary>
internal readonly record struct SparsePiece(long Offset, long Length);

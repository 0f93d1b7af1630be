namespace Hearth.Engine.Snapshots.Exports;

/// <summary>The image that an exported snapshot was made from.</summary>
/// <param name="Id">The digest of its configuration.</param>
/// <param name="FileSystem">Of its block image.</param>
/// <param name="RootSha256">Over the block image: a guest that goes on needs the same bytes, 64 hexadecimal digits.</param>
public sealed record ExportImage(string Id, string FileSystem, string RootSha256);

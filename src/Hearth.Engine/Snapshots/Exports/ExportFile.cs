namespace Hearth.Engine.Snapshots.Exports;

/// <summary>A file of an export.</summary>
/// <param name="Name">Its name in the archive.</param>
/// <param name="Bytes">With its holes.</param>
/// <param name="Data">Without holes and pages of zeros: what it takes on the disk.</param>
/// <param name="Sha256">Over the bytes that the archive holds for it: of a file without holes, over the file.</param>
public sealed record ExportFile(string Name, long Bytes, long Data, string Sha256);

using Hearth.Images.Layers;

namespace Hearth.Images.Bundles;

/// <summary>Writes a bundle: a tar archive of plain files, in which holes are not stored (PAX sparse format 1.0, which GNU tar unpacks).</summary>
public sealed class BundleWriter
{
    private const int Mode = 0x180; // 0600

    private readonly TarWriter _tar;

    internal BundleWriter(Stream output) => _tar = new TarWriter(output);

    public void Add(string name, ReadOnlySpan<byte> content)
    {
        _tar.WriteHeader(name, new TarEntry(name, TarEntryKind.File) { Mode = Mode, Size = content.Length });
        _tar.Write(content);
        _tar.WriteZeros(TarBlock.Padding(content.Length));
    }

    public void Add(PackedFile file)
    {
        TarEntry entry = new(file.Name, TarEntryKind.File) { Mode = Mode, Size = file.Size };
        if (file.Map.Length == 0)
        {
            _tar.WriteHeader(file.Name, entry);
        }
        else
        {
            _tar.WriteSparseHeader(file.Name, entry, file.Map.Length + file.DataBytes);
            _tar.Write(file.Map);
        }

        file.Read(_tar.Write);
        _tar.WriteZeros(TarBlock.Padding(file.DataBytes));
    }

    internal void Finish() => _tar.Finish();
}

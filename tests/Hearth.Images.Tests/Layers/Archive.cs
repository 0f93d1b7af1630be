using System.Text;
using Hearth.Images.Layers;

namespace Hearth.Images.Tests.Layers;

/// <summary>Reads a whole archive from memory.</summary>
internal static class Archive
{
    public static readonly LayerSource Layer = new("sha256:0123456789abcdef0123", "/nowhere", string.Empty);

    /// <summary>Every entry with its content, holes filled with zeros.</summary>
    public static List<(TarEntry Entry, string Content)> Read(byte[] bytes)
    {
        using var reader = new LayerReader(Layer, new MemoryStream(bytes), new LayerLimits());
        var archive = new TarReader(reader);
        var found = new List<(TarEntry, string)>();
        while (archive.Next() is { } entry)
        {
            var stored = new List<byte>();
            while (archive.NextContent() is { IsEmpty: false } run)
            {
                stored.AddRange(run);
            }

            found.Add((entry, Encoding.Latin1.GetString(Expand(entry, [.. stored]))));
        }

        return found;
    }

    private static byte[] Expand(TarEntry entry, byte[] stored)
    {
        if (entry.Pieces is null)
        {
            return stored;
        }

        byte[] whole = new byte[entry.Size];
        int position = 0;
        foreach (SparsePiece piece in entry.Pieces)
        {
            stored.AsSpan(position, (int)piece.Length).CopyTo(whole.AsSpan((int)piece.Offset));
            position += (int)piece.Length;
        }

        return whole;
    }
}

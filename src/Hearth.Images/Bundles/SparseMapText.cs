using System.Globalization;
using System.Text;
using Hearth.Images.Layers;

namespace Hearth.Images.Bundles;

/// <summary>The map in front of a sparse file's data in an archive: PAX format 1.0, GNU tar manual, "Storing Sparse Files".</summary>
internal static class SparseMapText
{
    /// <summary>Decimal numbers, a line each: how many pieces, then offset and length of each; zeros up to a whole block.</summary>
    public static byte[] Encode(IReadOnlyList<SparsePiece> pieces)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{pieces.Count}\n");
        foreach (SparsePiece piece in pieces)
        {
            text.Append(CultureInfo.InvariantCulture, $"{piece.Offset}\n{piece.Length}\n");
        }

        byte[] map = new byte[text.Length + TarBlock.Padding(text.Length)];
        Encoding.ASCII.GetBytes(text.ToString(), map);
        return map;
    }
}

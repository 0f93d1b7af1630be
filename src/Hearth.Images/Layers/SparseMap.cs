using System.Text;

namespace Hearth.Images.Layers;

/// <summary>
/// The four ways a tar archive stores a sparse file: the old GNU header (type 'S', map in the header and in blocks after it) and
/// the PAX formats 0.0 (repeated records), 0.1 (one record) and 1.0 (map in front of the data). GNU tar manual, "Sparse Formats".
/// </summary>
internal static class SparseMap
{
    private const int PieceBytes = 24;
    private const int HeaderPieces = 4;
    private const int BlockPieces = 21;

    /// <summary>Reads the map of an old GNU entry; false when malformed. <paramref name="block"/> is its header.</summary>
    public static bool TryReadOldGnu(ReadOnlySpan<byte> block, LayerReader reader, string path, List<SparsePiece> pieces)
    {
        if (!TryPieces(block.Slice(386, HeaderPieces * PieceBytes), pieces))
        {
            return false;
        }

        bool more = block[482] != 0;
        Span<byte> extension = stackalloc byte[TarBlock.Size];
        while (more)
        {
            reader.Read(extension, path);
            if (!TryPieces(extension[..(BlockPieces * PieceBytes)], pieces) || pieces.Count > LayerLimits.SparsePieces)
            {
                return false;
            }

            more = extension[504] != 0;
        }

        return true;
    }

    /// <summary>The map of formats 0.0 and 0.1 from records; false when malformed.</summary>
    public static bool TryFromRecords(TarExtensions extensions, List<SparsePiece> pieces)
    {
        var numbers = new List<long>();
        foreach ((string keyword, byte[] value) in extensions.Local)
        {
            if (keyword is "GNU.sparse.offset" or "GNU.sparse.numbytes")
            {
                if (!PaxRecords.TryDecimal(value, out long number) || (keyword == "GNU.sparse.offset") != (numbers.Count % 2 == 0))
                {
                    return false;
                }

                numbers.Add(number);
            }
            else if (keyword == "GNU.sparse.map" && value.Length > 0)
            {
                foreach (string part in Encoding.Latin1.GetString(value).Split(','))
                {
                    if (!PaxRecords.TryDecimal(Encoding.Latin1.GetBytes(part), out long number))
                    {
                        return false;
                    }

                    numbers.Add(number);
                }
            }
        }

        return TryPair(numbers, pieces);
    }

    /// <summary>Reads the map in front of the data (format 1.0), padded to whole blocks; false when malformed.</summary>
    /// <param name="stored">Bytes of map and data together; the map's are taken off.</param>
    public static bool TryReadFront(LayerReader reader, string path, ref long stored, List<SparsePiece> pieces)
    {
        Span<byte> block = stackalloc byte[TarBlock.Size];
        var numbers = new List<long>();
        long wanted = 1;
        long number = 0;
        int digits = 0;
        while (numbers.Count < wanted)
        {
            if (stored < TarBlock.Size)
            {
                return false;
            }

            reader.Read(block, path);
            stored -= TarBlock.Size;
            foreach (byte letter in block)
            {
                if (letter == (byte)'\n' && digits > 0)
                {
                    numbers.Add(number);
                    wanted = numbers.Count == 1 ? 1 + (2 * number) : wanted;
                    (number, digits) = (0, 0);
                    if (wanted > 2L * LayerLimits.SparsePieces || numbers.Count == wanted)
                    {
                        break;
                    }
                }
                else if (letter is >= (byte)'0' and <= (byte)'9' && ++digits <= 18)
                {
                    number = (number * 10) + (letter - '0');
                }
                else
                {
                    return false;
                }
            }

            if (wanted > 2L * LayerLimits.SparsePieces)
            {
                return false;
            }
        }

        numbers.RemoveAt(0);
        return TryPair(numbers, pieces);
    }

    /// <summary>Whether the pieces rise, lie within the file, and hold exactly the stored bytes.</summary>
    public static bool IsSound(List<SparsePiece> pieces, long size, long stored)
    {
        long end = 0;
        long sum = 0;
        foreach (SparsePiece piece in pieces)
        {
            if (piece.Offset < end || piece.Length < 0 || piece.Length > size || piece.Offset > size - piece.Length)
            {
                return false;
            }

            end = piece.Offset + piece.Length;
            sum += piece.Length;
        }

        return sum == stored;
    }

    private static bool TryPieces(ReadOnlySpan<byte> table, List<SparsePiece> pieces)
    {
        for (; !table.IsEmpty; table = table[PieceBytes..])
        {
            if (table[0] == 0)
            {
                continue;
            }

            if (!TarBlock.TryNumber(table[..12], out long offset) || !TarBlock.TryNumber(table[12..24], out long length) || offset < 0)
            {
                return false;
            }

            pieces.Add(new SparsePiece(offset, length));
        }

        return true;
    }

    private static bool TryPair(List<long> numbers, List<SparsePiece> pieces)
    {
        if (numbers.Count % 2 != 0 || numbers.Count > 2 * LayerLimits.SparsePieces)
        {
            return false;
        }

        for (int i = 0; i < numbers.Count; i += 2)
        {
            pieces.Add(new SparsePiece(numbers[i], numbers[i + 1]));
        }

        return true;
    }
}

using System.Buffers.Binary;
using System.Text;

namespace Hearth.Images.Layers;

/// <summary>Fields of a 512-byte header, as POSIX.1-1988 (ustar), GNU tar and star write them.</summary>
internal static class TarBlock
{
    public const int Size = 512;
    public const int ChecksumOffset = 148;
    public const int ChecksumLength = 8;

    /// <summary>Bytes to the next multiple of 512.</summary>
    public static int Padding(long size) => (int)(-size & (Size - 1));

    public static string Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? field : field[..end]);
    }

    /// <summary>Octal digits with spaces around them, or base 256 when the first bit is set; false when it is neither.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        if ((field[0] & 0x80) != 0)
        {
            return TryBinary(field, out value);
        }

        ReadOnlySpan<byte> digits = field.TrimStart((byte)' ');
        int end = digits.IndexOfAny((byte)0, (byte)' ');
        digits = end < 0 ? digits : digits[..end];
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return false;
            }

            value = (value << 3) | (uint)(digit - '0');
        }

        return true;
    }

    /// <summary>Both sums in use: of unsigned bytes, as POSIX says, and of signed ones, as some old tars did.</summary>
    public static bool HasValidChecksum(ReadOnlySpan<byte> block)
    {
        if (!TryNumber(block.Slice(ChecksumOffset, ChecksumLength), out long wanted))
        {
            return false;
        }

        (long unsigned, long signed) = Sums(block);
        return wanted == unsigned || wanted == signed;
    }

    public static (long Unsigned, long Signed) Sums(ReadOnlySpan<byte> block)
    {
        long unsigned = 0;
        long signed = 0;
        for (int i = 0; i < Size; i++)
        {
            byte value = i is >= ChecksumOffset and < ChecksumOffset + ChecksumLength ? (byte)' ' : block[i];
            unsigned += value;
            signed += (sbyte)value;
        }

        return (unsigned, signed);
    }

    private static bool TryBinary(ReadOnlySpan<byte> field, out long value)
    {
        // Two's complement over the whole field but its first bit; what does not fit 64 bits is refused.
        bool negative = (field[0] & 0x40) != 0;
        value = 0;
        ReadOnlySpan<byte> head = field[..^8];
        for (int i = 0; i < head.Length; i++)
        {
            byte expected = negative ? (byte)0xff : i == 0 ? (byte)0x80 : (byte)0;
            if (head[i] != expected)
            {
                return false;
            }
        }

        // A field of eight bytes carries the marker in the number itself.
        ulong bits = BinaryPrimitives.ReadUInt64BigEndian(field[^8..]);
        bits = head.IsEmpty ? (negative ? bits : bits & ~(1UL << 63)) : bits;
        value = (long)bits;
        return negative == value < 0;
    }
}

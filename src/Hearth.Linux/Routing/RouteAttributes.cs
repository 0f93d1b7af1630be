using System.Buffers.Binary;

namespace Hearth.Linux.Routing;

/// <summary>The attributes of a message of rtnetlink(7): length, type, value, each padded to four bytes.</summary>
internal static class RouteAttributes
{
    /// <summary>The value of the first of that type; empty when there is none, or when what is there does not fit.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> attributes, ushort type)
    {
        const ushort TypeMask = 0x3FFF; // NLA_TYPE_MASK
        while (attributes.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            if (length < 4 || length > attributes.Length)
            {
                return default;
            }

            if ((BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) & TypeMask) == type)
            {
                return attributes[4..length];
            }

            attributes = attributes[Math.Min(attributes.Length, (length + 3) & ~3)..];
        }

        return default;
    }
}

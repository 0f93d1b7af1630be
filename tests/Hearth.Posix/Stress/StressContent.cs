using System.Buffers.Binary;

namespace Hearth.Posix.Stress;

/// <summary>Content that says itself what it has to be: a number, its length, and bytes that follow from the number.</summary>
internal static class StressContent
{
    public const int Header = 8;

    public static byte[] Of(int number, int length)
    {
        byte[] content = new byte[Math.Max(Header, length)];
        new Random(number).NextBytes(content);
        BinaryPrimitives.WriteInt32LittleEndian(content, number);
        BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(4), content.Length);
        return content;
    }

    /// <summary>Whether it is whole.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> content) =>
        content.Length >= Header && BinaryPrimitives.ReadInt32LittleEndian(content[4..]) == content.Length
        && content.SequenceEqual(Of(BinaryPrimitives.ReadInt32LittleEndian(content), content.Length));

    /// <summary>Opens, writes and closes. 0 or -errno; a short write is -EIO.</summary>
    public static long Write(string path, int flags, ReadOnlySpan<byte> content)
    {
        int descriptor = (int)open(path, flags | O_CLOEXEC, Octal(644));
        if (descriptor < 0)
        {
            return descriptor;
        }
        long written = write(descriptor, content);
        long closed = close(descriptor);
        return written < 0 ? written : written < content.Length ? -EIO : closed;
    }

    /// <summary>The content of a file of at most 64 KiB; its length, or -errno.</summary>
    public static long Read(string path, Span<byte> buffer)
    {
        int descriptor = (int)open(path, O_RDONLY | O_CLOEXEC);
        if (descriptor < 0)
        {
            return descriptor;
        }
        long length = 0;
        while (read(descriptor, buffer[(int)length..]) is var more && more != 0)
        {
            if (more < 0)
            {
                _ = close(descriptor);
                return more;
            }
            length += more;
        }
        _ = close(descriptor);
        return length;
    }
}

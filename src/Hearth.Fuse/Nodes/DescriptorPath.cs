namespace Hearth.Fuse.Nodes;

/// <summary>The name of an open descriptor (proc(5), /proc/self/fd): for calls that take a path and not an O_PATH descriptor. It leads to the file itself, and no further.</summary>
internal static unsafe class DescriptorPath
{
    /// <summary>Room for the name of any descriptor.</summary>
    public const int Bytes = 32;

    /// <param name="fd">An open descriptor.</param>
    /// <param name="target">Gets the name, with a zero at its end.</param>
    public static void Write(int fd, byte* target)
    {
        Span<byte> room = new(target, Bytes);
        ReadOnlySpan<byte> prefix = "/proc/self/fd/"u8;
        prefix.CopyTo(room);
        _ = fd.TryFormat(room[prefix.Length..], out int written, default, System.Globalization.CultureInfo.InvariantCulture);
        room[prefix.Length + written] = 0;
    }
}

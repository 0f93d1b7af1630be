using System.Buffers.Binary;

namespace Hearth.Protocol.Shares;

/// <summary>
/// What goes before each message on a port of shares: 8 bytes, little endian. <c>u16 share, u16 kind, u32 length</c>, and then
/// <c>length</c> bytes.
/// </summary>
/// <param name="Share">Which of the VM's shares.</param>
/// <param name="Kind">What the bytes are.</param>
/// <param name="Length">How many.</param>
public readonly record struct ShareFrame(int Share, ShareFrameKind Kind, int Length)
{
    public const int HeaderBytes = 8;

    /// <summary>Most shares of a VM.</summary>
    public const int MaxShares = 1024;

    /// <summary>Most bytes that a read or a write of a file carries in one message.</summary>
    public const int MaxTransferBytes = 1 << 20;

    /// <summary>Most bytes of a message: those, and what the kernel puts before them (FUSE_MIN_READ_BUFFER).</summary>
    public const int MaxMessageBytes = MaxTransferBytes + 8192;

    public void Write(Span<byte> header)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)Share);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], (ushort)Kind);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)Length);
    }

    /// <summary>False when there is no such frame: the peer is broken or hostile, and nothing of what follows means anything.</summary>
    public static bool TryRead(ReadOnlySpan<byte> header, out ShareFrame frame)
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        frame = new ShareFrame(BinaryPrimitives.ReadUInt16LittleEndian(header), (ShareFrameKind)BinaryPrimitives.ReadUInt16LittleEndian(header[2..]), (int)Math.Min(length, int.MaxValue));
        return length <= MaxMessageBytes && frame.Share < MaxShares && Enum.IsDefined(frame.Kind);
    }
}

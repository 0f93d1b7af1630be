using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hearth.Linux.Abi;

namespace Hearth.Fuse.Messages;

/// <summary>The answer to one request, built in the buffer that it is sent from.</summary>
internal ref struct FuseReply(Span<byte> buffer)
{
    public static readonly int HeaderBytes = Unsafe.SizeOf<FuseMessages.fuse_out_header>();

    private readonly Span<byte> _body = buffer[HeaderBytes..];

    /// <summary>Bytes of the body so far.</summary>
    public int Length { get; private set; }

    /// <summary>Where the next bytes of the body go.</summary>
    public readonly Span<byte> Room => _body[Length..];

    /// <summary>What was added.</summary>
    public readonly ReadOnlySpan<byte> Body => _body[..Length];

    public void Add<T>(in T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(Room, in value);
        Length += Unsafe.SizeOf<T>();
    }

    /// <summary>Counts bytes that were put into <see cref="Room"/>.</summary>
    public void Advance(int bytes) => Length += bytes;

    public void Clear() => Length = 0;

    /// <summary>Writes the header: <paramref name="error"/> of errno(3), with a body only when it is 0.</summary>
    /// <returns>Bytes of the whole message.</returns>
    public static int Finish(Span<byte> buffer, ulong unique, int error, int bodyBytes)
    {
        int length = HeaderBytes + (error == 0 ? bodyBytes : 0);
        FuseMessages.fuse_out_header header = new() { len = (uint)length, error = -error, unique = unique };
        MemoryMarshal.Write(buffer, in header);
        return length;
    }
}

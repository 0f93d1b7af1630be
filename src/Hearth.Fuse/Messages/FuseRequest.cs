using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hearth.Linux.Abi;

namespace Hearth.Fuse.Messages;

/// <summary>One message of a guest's kernel, taken apart from its front. Nothing in it is believed: what is too short is not taken.</summary>
internal ref struct FuseRequest
{
    public const int MaxNameBytes = 255;

    private ReadOnlySpan<byte> _rest;

    private FuseRequest(FuseMessages.fuse_in_header header, ReadOnlySpan<byte> rest)
    {
        Header = header;
        _rest = rest;
    }

    public FuseMessages.fuse_in_header Header { get; }

    /// <summary>What has not been taken.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>False when the message is not as long as it says, or shorter than a header.</summary>
    public static bool TryParse(ReadOnlySpan<byte> message, out FuseRequest request)
    {
        request = default;
        if (!MemoryMarshal.TryRead(message, out FuseMessages.fuse_in_header header) || header.len != message.Length)
        {
            return false;
        }

        request = new FuseRequest(header, message[Unsafe.SizeOf<FuseMessages.fuse_in_header>()..]);
        return true;
    }

    public bool TryTake<T>(out T value)
        where T : unmanaged
    {
        if (!MemoryMarshal.TryRead(_rest, out value))
        {
            return false;
        }

        _rest = _rest[Unsafe.SizeOf<T>()..];
        return true;
    }

    /// <summary>Takes a structure that may be shorter than it is now: older kernels have fewer fields.</summary>
    public bool TryTakeShort<T>(int least, out T value)
        where T : unmanaged
    {
        value = default;
        if (_rest.Length < least)
        {
            return false;
        }

        int length = Math.Min(_rest.Length, Unsafe.SizeOf<T>());
        _rest[..length].CopyTo(MemoryMarshal.AsBytes(new Span<T>(ref value)));
        _rest = _rest[length..];
        return true;
    }

    /// <summary>Leaves bytes out; there have to be so many.</summary>
    public void Skip(int bytes) => _rest = _rest[bytes..];

    /// <summary>Takes text up to its zero, which stays in it.</summary>
    public bool TryTakeText(out ReadOnlySpan<byte> text)
    {
        int end = _rest.IndexOf((byte)0);
        text = end < 0 ? default : _rest[..(end + 1)];
        _rest = end < 0 ? _rest : _rest[(end + 1)..];
        return end >= 0;
    }

    /// <summary>Takes the name of an entry of a directory, with its zero: one component that is neither <c>.</c> nor <c>..</c>.</summary>
    public bool TryTakeName(out ReadOnlySpan<byte> name) => TryTakeText(out name) && IsName(name[..^1]);

    /// <summary>Whether it is one component of a path that names an entry of its own.</summary>
    public static bool IsName(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= MaxNameBytes && !name.Contains((byte)'/') && !name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8);
}

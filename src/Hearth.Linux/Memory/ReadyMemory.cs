using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Memory;

/// <summary>Memory that is there before it is needed: writing to it takes no page fault. Given back to the system when disposed.</summary>
public sealed class ReadyMemory : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <param name="bytes">At most 2 GiB; 0 makes none.</param>
    /// <exception cref="IOException">The system has none.</exception>
    public ReadyMemory(int bytes)
        : base(ownsHandle: true)
    {
        Bytes = bytes;
        if (bytes > 0)
        {
            nint address = Libc.map_memory(0, (nuint)bytes, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_POPULATE, -1, 0);
            SetHandle(address);
            if (IsInvalid)
            {
                throw ErrnoException.FromLastError("mmap", $"{bytes} bytes");
            }
        }
    }

    public int Bytes { get; }

    // SAFETY: the mapping has that many bytes until this is disposed, which the owner does last.
    public unsafe Span<byte> Span => IsInvalid ? [] : new Span<byte>((void*)handle, Bytes);

    protected override bool ReleaseHandle() => Libc.unmap_memory(handle, (nuint)Bytes) == 0;
}

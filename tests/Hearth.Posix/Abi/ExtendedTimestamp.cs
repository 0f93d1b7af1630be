using System.Runtime.InteropServices;

namespace Hearth.Posix.Abi;

/// <summary><c>struct statx_timestamp</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ExtendedTimestamp
{
    public long Seconds;
    public uint Nanoseconds;
    private readonly int _reserved;

    public readonly Timestamp Value => new(Seconds, Nanoseconds);
}

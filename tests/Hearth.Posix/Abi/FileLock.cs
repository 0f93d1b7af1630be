using System.Runtime.InteropServices;

namespace Hearth.Posix.Abi;

/// <summary><c>struct flock</c> of fcntl(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FileLock
{
    public short Type, Whence;
    public long Start, Length;
    public int Owner;
}

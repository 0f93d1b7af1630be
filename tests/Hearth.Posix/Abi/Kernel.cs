using System.Runtime.InteropServices;
using System.Text;

namespace Hearth.Posix.Abi;

/// <summary>
/// System calls by number (arch/x86/entry/syscalls/syscall_64.tbl), so that nothing of a C library is between the suite and the kernel:
/// glibc emulates some of them, keeps credentials equal in all threads, and hides others. Every call answers its result, or -errno.
/// Paths are byte strings: each character is one byte (Latin-1), since a name may have any byte but '/' and NUL.
/// </summary>
internal static unsafe partial class Kernel
{
    /// <summary>long syscall(long number, ...);</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint RawCall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    private static long Call(int number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0)
    {
        nint result = RawCall(number, a, b, c, d, e, f);
        return result == -1 ? -Marshal.GetLastPInvokeError() : result;
    }

    /// <summary>A byte string with its NUL.</summary>
    private static byte[] Bytes(string path)
    {
        byte[] bytes = new byte[path.Length + 1];
        Encoding.Latin1.GetBytes(path, bytes);
        return bytes;
    }

    private static long PathCall(int number, string path, nint b = 0, nint c = 0)
    {
        // SAFETY: the kernel reads the bytes during the call only.
        fixed (byte* p = Bytes(path))
        {
            return Call(number, (nint)p, b, c);
        }
    }

    private static long PathCall(int number, int directory, string path, nint c = 0, nint d = 0, nint e = 0)
    {
        // SAFETY: the kernel reads the bytes during the call only.
        fixed (byte* p = Bytes(path))
        {
            return Call(number, directory, (nint)p, c, d, e);
        }
    }

    private static long TwoPathCall(int number, string first, string second)
    {
        // SAFETY: the kernel reads the bytes during the call only.
        fixed (byte* a = Bytes(first), b = Bytes(second))
        {
            return Call(number, (nint)a, (nint)b);
        }
    }
}

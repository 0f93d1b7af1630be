using System.Text;
using Hearth.Linux.Abi;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Guest;

/// <summary>What only the first process of a machine does to its kernel.</summary>
public static class GuestKernel
{
    private const int ClockRealtime = 0;
    private const int ClockBoottime = 7;
    private const int PowerOffOperation = 0x4321FEDC; // include/uapi/linux/reboot.h, LINUX_REBOOT_CMD_POWER_OFF
    private const int InterfaceUp = 1; // include/uapi/linux/if.h, IFF_UP
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Loads a module file (finit_module(2)); one that is loaded already is fine.</summary>
    public static void LoadModule(string path)
    {
        using SafeFileHandle file = Descriptors.OpenRead(path);
        if (Libc.syscall_finit_module(Unistd.NR_finit_module, (int)file.DangerousGetHandle(), "", 0) != 0
            && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() != Errno.EEXIST)
        {
            throw ErrnoException.FromLastError("finit_module", path);
        }
    }

    public static unsafe void SetHostname(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        fixed (byte* start = bytes)
        {
            if (Libc.sethostname(start, (nuint)bytes.Length) != 0)
            {
                throw ErrnoException.FromLastError("sethostname", name);
            }
        }
    }

    public static unsafe void SetClock(long unixTimeNanoseconds)
    {
        long* time = stackalloc long[] { unixTimeNanoseconds / NanosecondsPerSecond, unixTimeNanoseconds % NanosecondsPerSecond };
        if (Libc.clock_settime(ClockRealtime, time) != 0)
        {
            throw ErrnoException.FromLastError("clock_settime", "the clock");
        }
    }

    /// <summary>Since the machine booted, suspension included.</summary>
    public static unsafe TimeSpan Uptime()
    {
        long* time = stackalloc long[2];
        return Libc.clock_gettime(ClockBoottime, time) == 0
            ? TimeSpan.FromTicks((time[0] * TimeSpan.TicksPerSecond) + (time[1] / 100))
            : throw ErrnoException.FromLastError("clock_gettime", "the time since boot");
    }

    /// <summary>
    /// Feeds the kernel's generator, credits every bit (RNDADDENTROPY, random(4)): the bytes come from the host's; and has it
    /// make new keys of them at once (RNDRESEEDCRNG, 4.14), or two copies of a guest would go on with the same numbers.
    /// </summary>
    public static unsafe void AddEntropy(ReadOnlySpan<byte> bytes)
    {
        // struct rand_pool_info { int entropy_count; int buf_size; __u32 buf[]; }
        Span<byte> pool = stackalloc byte[8 + Math.Min(bytes.Length, 512)];
        bytes = bytes[..(pool.Length - 8)];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(pool, bytes.Length * 8);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(pool[4..], bytes.Length);
        bytes.CopyTo(pool[8..]);
        using SafeFileHandle random = Descriptors.OpenReadWrite("/dev/urandom");
        fixed (byte* start = pool)
        {
            if (Libc.ioctl((int)random.DangerousGetHandle(), Ioctls.RNDADDENTROPY, start) != 0)
            {
                throw ErrnoException.FromLastError("ioctl", "/dev/urandom");
            }
        }

        if (Libc.ioctl((int)random.DangerousGetHandle(), Ioctls.RNDRESEEDCRNG, null) != 0)
        {
            throw ErrnoException.FromLastError("ioctl", "/dev/urandom");
        }
    }

    /// <summary>Brings up <c>lo</c> (SIOCSIFFLAGS, netdevice(7)); its addresses come with it.</summary>
    public static unsafe void RaiseLoopback()
    {
        int fd = Libc.socket(2, 2 | Libc.SOCK_CLOEXEC, 0); // AF_INET, SOCK_DGRAM
        if (fd < 0)
        {
            throw ErrnoException.FromLastError("socket", "lo");
        }

        using SafeFileHandle socket = new(fd, ownsHandle: true);
        byte* request = stackalloc byte[40]; // struct ifreq: name[16], then the flags
        new Span<byte>(request, 40).Clear();
        "lo"u8.CopyTo(new Span<byte>(request, 16));
        if (Libc.ioctl(fd, Ioctls.SIOCGIFFLAGS, request) == 0)
        {
            *(short*)(request + 16) |= InterfaceUp;
            if (Libc.ioctl(fd, Ioctls.SIOCSIFFLAGS, request) == 0)
            {
                return;
            }
        }

        throw ErrnoException.FromLastError("ioctl", "lo");
    }

    /// <summary>Does not return when it works.</summary>
    public static ErrnoException PowerOff()
    {
        _ = Libc.reboot(PowerOffOperation);
        return ErrnoException.FromLastError("reboot", "the machine");
    }
}

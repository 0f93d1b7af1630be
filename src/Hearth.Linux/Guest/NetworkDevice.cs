using System.Net;
using System.Text;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Guest;

/// <summary>A network device of the calling thread's network namespace (netdevice(7)).</summary>
public static class NetworkDevice
{
    private const int RequestBytes = 40; // struct ifreq: the name, then a union
    private const int NameBytes = 16;
    private const int AddressOffset = NameBytes + 4; // struct sockaddr_in: family, port, address

    /// <summary>Its first IPv4 address; null when it has none, or is not there.</summary>
    public static unsafe IPAddress? TryReadAddress(string name)
    {
        int fd = Libc.socket(InetDiag.AF_INET, 2 | Libc.SOCK_CLOEXEC, 0); // SOCK_DGRAM
        if (fd < 0)
        {
            throw ErrnoException.FromLastError("socket", name);
        }

        using SafeFileHandle socket = new(fd, ownsHandle: true);
        byte* request = stackalloc byte[RequestBytes];
        Span<byte> bytes = new(request, RequestBytes);
        bytes.Clear();
        Encoding.ASCII.GetBytes(name, bytes[..(NameBytes - 1)]);

        // SAFETY: the kernel reads and writes a struct ifreq, which is what is there.
        return Libc.ioctl(fd, Ioctls.SIOCGIFADDR, request) == 0 ? new IPAddress(bytes.Slice(AddressOffset, 4)) : null;
    }
}

using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Guest;

/// <summary>The kernel's announcements of devices (netlink(7), NETLINK_KOBJECT_UEVENT): open it, then look, then wait.</summary>
public sealed class DeviceEvents : IDisposable
{
    private readonly DescriptorStream _socket;

    public unsafe DeviceEvents()
    {
        int fd = Libc.socket(16, 2 | Libc.SOCK_CLOEXEC, 15); // AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT
        if (fd < 0)
        {
            throw ErrnoException.FromLastError("socket", "device events");
        }

        _socket = new DescriptorStream(new SafeFileHandle(fd, ownsHandle: true));
        uint* address = stackalloc uint[] { 16, 0, 1 }; // sockaddr_nl: family, pid by the kernel, group 1
        if (Libc.bind(fd, address, 12) != 0)
        {
            throw ErrnoException.FromLastError("bind", "device events");
        }
    }

    /// <summary>Asks again after every announcement until there is an answer.</summary>
    /// <exception cref="TimeoutException">There was none in time.</exception>
    public unsafe T WaitFor<T>(Func<T?> find, string what, TimeSpan bound)
        where T : class
    {
        long end = Environment.TickCount64 + (long)bound.TotalMilliseconds;
        byte[] message = new byte[8192];
        while (true)
        {
            if (find() is { } found)
            {
                return found;
            }

            Libc.PollEntry entry = new() { fd = (int)_socket.Handle.DangerousGetHandle(), events = 1 };
            long left = end - Environment.TickCount64;
            if (left <= 0 || Libc.poll(&entry, 1, (int)left) == 0)
            {
                throw new TimeoutException($"{what} did not appear within {bound.TotalSeconds} seconds.");
            }

            _ = _socket.TryRead(message);
        }
    }

    public void Dispose() => _socket.Dispose();
}

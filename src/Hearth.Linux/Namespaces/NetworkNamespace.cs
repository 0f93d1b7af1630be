using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Hearth.Linux.Abi;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Files;
using Hearth.Linux.Routing;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Namespaces;

// Theory of operation
//
// A network namespace lives as long as somebody has a descriptor of it, a process in it, or a socket. This object has the descriptor;
// no process stands in the namespace for it, and nothing is mounted. When its process dies, in whatever way, the kernel removes the
// namespace with all interfaces, addresses and rules in it.
//
// Without root the namespace belongs to a user namespace of its own, in which the caller is root. Whoever made a user namespace has every
// capability in it from outside as well (user_namespaces(7)); so once a child has opened a socket or file inside (ChildProgram.Errands.cs), the
// caller binds it to any port, changes interfaces and writes settings itself.

/// <summary>A network namespace, entered by nobody.</summary>
public sealed class NetworkNamespace : IDisposable
{
    private readonly SafeFileHandle? _user;

    private NetworkNamespace(SafeFileHandle network, SafeFileHandle? user)
    {
        Handle = network;
        _user = user;
    }

    public SafeFileHandle Handle { get; }

    /// <summary>The user namespace that owns it; null when that is the caller's.</summary>
    public SafeFileHandle? UserHandle => _user;

    /// <summary>Makes one, with its loopback interface up.</summary>
    /// <param name="ownUsers">It gets a user namespace, which needs no privilege; otherwise CAP_SYS_ADMIN is needed.</param>
    /// <exception cref="ChildProgramException">A step failed.</exception>
    /// <exception cref="ErrnoException">EPERM, ENOSPC: user namespaces are forbidden (user.max_user_namespaces), or privilege is missing.</exception>
    public static NetworkNamespace Create(bool ownUsers)
    {
        using ChildProgram errand = new();
        errand.OpenForParent("/proc/self/ns/net", write: false);
        if (ownUsers)
        {
            errand.OpenForParent("/proc/self/ns/user", write: false);
            errand.OpenForParent("/proc/self/setgroups", write: true);
            errand.OpenForParent("/proc/self/uid_map", write: true);
            errand.OpenForParent("/proc/self/gid_map", write: true);
        }

        IReadOnlyList<SafeFileHandle> opened = errand.RunErrand(new LaunchOptions { NewUserNetwork = ownUsers, NewNetwork = !ownUsers });
        NetworkNamespace made = new(opened[0], ownUsers ? opened[1] : null);
        try
        {
            if (ownUsers)
            {
                WriteOnce(opened[2], "deny");
                WriteOnce(opened[3], string.Create(CultureInfo.InvariantCulture, $"0 {Libc.geteuid()} 1"));
                WriteOnce(opened[4], string.Create(CultureInfo.InvariantCulture, $"0 {Libc.getegid()} 1"));
            }

            using RouteSocket routes = made.OpenRoutes();
            routes.Set(routes.IndexOf("lo"), up: true);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
        finally
        {
            foreach (SafeFileHandle file in opened.Skip(2))
            {
                file.Dispose();
            }
        }
    }

    public void Dispose()
    {
        Handle.Dispose();
        _user?.Dispose();
    }

    /// <summary>A socket of this namespace.</summary>
    public Socket OpenSocket(AddressFamily family, SocketType type, ProtocolType protocol) =>
        new(new SafeSocketHandle(OpenSocketHandle(Number(family), type == SocketType.Stream ? 1 : 2, (int)protocol), ownsHandle: true));

    /// <summary>Sockets for streams, many at once: each call makes one child, whatever the number.</summary>
    public IReadOnlyList<Socket> OpenStreamSockets(AddressFamily family, int count)
    {
        using ChildProgram errand = Enter();
        for (int i = 0; i < count; i++)
        {
            errand.SocketForParent(Number(family), 1, (int)ProtocolType.Tcp);
        }

        return [.. errand.RunErrand(new LaunchOptions()).Select(static handle => new Socket(new SafeSocketHandle(Release(handle), ownsHandle: true)))];
    }

    /// <summary>The namespace's interfaces, addresses, routes and neighbours.</summary>
    public RouteSocket OpenRoutes() => new(new SafeFileHandle(OpenSocketHandle(Netlink.AF_NETLINK, 2, RouteMessages.NETLINK_ROUTE), ownsHandle: true));

    /// <summary>A netlink socket that tells of every change of an interface (RTNLGRP_LINK); it does not block.</summary>
    public unsafe DescriptorStream OpenLinkEvents()
    {
        SafeFileHandle socket = new(OpenSocketHandle(Netlink.AF_NETLINK, 2, RouteMessages.NETLINK_ROUTE), ownsHandle: true);
        // struct sockaddr_nl { sa_family_t family; unsigned short pad; __u32 pid; __u32 groups; }
        byte* start = stackalloc byte[12];
        Span<byte> address = new(start, 12);
        address.Clear();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16LittleEndian(address, Netlink.AF_NETLINK);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(address[8..], RouteMessages.RTMGRP_LINK);
        if (Libc.bind((int)socket.DangerousGetHandle(), start, address.Length) != 0)
        {
            using (socket)
            {
                throw ErrnoException.FromLastError("bind", "the kernel's link events");
            }
        }

        return new DescriptorStream(socket);
    }

    /// <summary>
    /// A new TAP interface with headers for offloads (Documentation/networking/tuntap.rst): frames of segments and without checksums pass between guest
    /// and host. It goes when the descriptor is closed by all who have it.
    /// </summary>
    public SafeFileHandle OpenTap(string name) => OpenTunnel(name, TunDevice.IFF_TAP | TunDevice.IFF_NO_PI | TunDevice.IFF_VNET_HDR);

    /// <summary>A new TUN interface: what is routed to it is read from the descriptor, packet by packet, and what is written to that arrives on it.</summary>
    public SafeFileHandle OpenTun(string name) => OpenTunnel(name, TunDevice.IFF_TUN | TunDevice.IFF_NO_PI);

    private unsafe SafeFileHandle OpenTunnel(string name, short flags)
    {
        const string Device = "/dev/net/tun";
        using ChildProgram errand = Enter();
        errand.OpenForParent(Device, write: true);
        SafeFileHandle tap = errand.RunErrand(new LaunchOptions())[0];
        byte* request = stackalloc byte[40]; // struct ifreq: name[16], then the flags
        new Span<byte>(request, 40).Clear();
        Encoding.ASCII.GetBytes(name, new Span<byte>(request, 15));
        *(short*)(request + 16) = flags;
        if (Libc.ioctl((int)tap.DangerousGetHandle(), TunDevice.TUNSETIFF, request) != 0)
        {
            using (tap)
            {
                throw ErrnoException.FromLastError("ioctl", $"{Device} ({name})");
            }
        }

        return tap;
    }

    /// <summary>Writes a setting of the namespace.</summary>
    /// <param name="settings">Paths under /proc/sys/net, and their values.</param>
    public void Configure(params ReadOnlySpan<(string Path, string Value)> settings)
    {
        using ChildProgram errand = Enter();
        foreach ((string path, _) in settings)
        {
            errand.OpenForParent($"/proc/sys/net/{path}", write: true);
        }

        IReadOnlyList<SafeFileHandle> files = errand.RunErrand(new LaunchOptions());
        try
        {
            for (int i = 0; i < files.Count; i++)
            {
                WriteOnce(files[i], settings[i].Value);
            }
        }
        finally
        {
            foreach (SafeFileHandle file in files)
            {
                file.Dispose();
            }
        }
    }

    /// <summary>Reads a setting of the namespace, without its line end; null when the kernel has none of that name.</summary>
    /// <param name="path">Under /proc/sys/net.</param>
    public string? Setting(string path)
    {
        using ChildProgram errand = Enter();
        errand.OpenForParent($"/proc/sys/net/{path}", write: false);
        try
        {
            using StreamReader reader = new(new DescriptorStream(errand.RunErrand(new LaunchOptions())[0]));
            return reader.ReadToEnd().Trim();
        }
        catch (ChildProgramException)
        {
            return null;
        }
    }

    private ChildProgram Enter()
    {
        ChildProgram errand = new();
        if (_user is not null)
        {
            errand.EnterUserNamespace(_user);
        }

        errand.EnterNetworkNamespace(Handle);
        return errand;
    }

    private nint OpenSocketHandle(int domain, int type, int protocol)
    {
        using ChildProgram errand = Enter();
        errand.SocketForParent(domain, type, protocol);
        return Release(errand.RunErrand(new LaunchOptions())[0]);
    }

    private static nint Release(SafeFileHandle handle)
    {
        nint number = handle.DangerousGetHandle();
        handle.SetHandleAsInvalid();
        return number;
    }

    private static int Number(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? 10 : 2;

    private static void WriteOnce(SafeFileHandle file, string text) => new DescriptorStream(file).Write(Encoding.ASCII.GetBytes(text));
}

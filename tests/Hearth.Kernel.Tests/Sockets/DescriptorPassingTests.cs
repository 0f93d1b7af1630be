using System.Net;
using System.Net.Sockets;
using Hearth.Linux;
using Hearth.Linux.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Kernel.Tests.Sockets;

/// <summary>Descriptors on their way through a pair of sockets.</summary>
public sealed class DescriptorPassingTests : IDisposable
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    private readonly Socket _giver;
    private readonly Socket _taker;

    public DescriptorPassingTests()
    {
        using InheritedSocket pair = InheritedSocket.CreatePackets();
        _giver = pair.TakeLocal();
        _taker = InheritedSocket.Take((int)Duplicate(pair.ChildFd).DangerousGetHandle());
    }

    public void Dispose()
    {
        _giver.Dispose();
        _taker.Dispose();
    }

    [Fact]
    public async Task A_listener_keeps_its_port_and_what_waits_in_it()
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        EndPoint address = listener.LocalEndPoint!;
        using Socket waiting = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        waiting.Connect(address);

        DescriptorPassing.Send(_giver, "here"u8, listener.SafeHandle);
        listener.Dispose();
        byte[] bytes = new byte[100];
        int length = DescriptorPassing.Receive(_taker, bytes, out SafeFileHandle? descriptor);

        bytes[..length].ShouldBe("here"u8.ToArray());
        using Socket taken = DescriptorPassing.ToSocket(descriptor!);
        taken.LocalEndPoint.ShouldBe(address);
        using Socket accepted = await taken.AcceptAsync().WaitAsync(s_bound);
        accepted.RemoteEndPoint.ShouldBe(waiting.LocalEndPoint);
    }

    [Fact]
    public void What_was_received_is_closed_on_exec()
    {
        using SafeFileHandle file = File.OpenHandle("/dev/null");

        DescriptorPassing.Send(_giver, "x"u8, file);
        DescriptorPassing.Receive(_taker, new byte[1], out SafeFileHandle? descriptor);

        using (descriptor)
        {
            Libc.fcntl((int)descriptor!.DangerousGetHandle(), Hearth.Linux.Abi.Fcntl.F_GETFD, 0).ShouldBe(Libc.FD_CLOEXEC);
        }
    }

    [Fact]
    public void A_packet_without_a_descriptor_has_none_and_an_end_is_no_bytes()
    {
        _giver.Send("."u8);
        byte[] bytes = new byte[10];

        DescriptorPassing.Receive(_taker, bytes, out SafeFileHandle? none).ShouldBe(1);
        none.ShouldBeNull();
        _giver.Dispose();
        DescriptorPassing.Receive(_taker, bytes, out none).ShouldBe(0);
        none.ShouldBeNull();
    }

    [Fact]
    public void A_silent_peer_is_waited_for_no_longer_than_was_said()
    {
        _taker.ReceiveTimeout = 50;

        Should.Throw<ErrnoException>(() => DescriptorPassing.Receive(_taker, new byte[1], out _)).Errno.ShouldBe(Hearth.Linux.Abi.Errno.EAGAIN);
    }

    [Fact]
    public void Nobody_is_sent_anything_whose_peer_is_gone()
    {
        using SafeFileHandle file = File.OpenHandle("/dev/null");
        _taker.Dispose();

        Should.Throw<ErrnoException>(() => DescriptorPassing.Send(_giver, "x"u8, file)).IsBrokenPipe.ShouldBeTrue();
    }

    private static SafeFileHandle Duplicate(int fd)
    {
        SafeFileHandle copy = new(Libc.fcntl(fd, Libc.F_DUPFD, 0), ownsHandle: true);
        SafeFileHandle number = new(copy.DangerousGetHandle(), ownsHandle: false);
        copy.SetHandleAsInvalid();
        return number;
    }
}

using System.Net;
using System.Net.Sockets;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Networking.Neighbours;

/// <summary>A VM's sockets on one network: neighbours send to them, and it sends from them.</summary>
internal sealed class NeighbourPort : IDisposable
{
    private const int MostBytes = 1 << 16;

    /// <summary>A full-sized packet takes more of it than its bytes.</summary>
    private const int BufferBytes = 1 << 20;

    private const int MostKnown = 4096;

    /// <summary>How long a neighbour that does not keep up is waited for before a packet is lost.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(100);

    private readonly Action<Membership, ReadOnlySpan<byte>> _deliver;
    private readonly SafeFileHandle _directory;
    private readonly Lock _sending = new();
    private readonly Dictionary<IPAddress, SocketAddress> _known = [];
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _receiving = [];
    private readonly SafeFileHandle _stopRead;
    private readonly SafeFileHandle _stopWrite;
    private bool _closed;

    /// <param name="membership">Whose addresses these are.</param>
    /// <param name="deliver">Takes what comes in, on a thread of its own.</param>
    public NeighbourPort(Membership membership, Action<Membership, ReadOnlySpan<byte>> deliver)
    {
        Membership = membership;
        _deliver = deliver;
        Directory.CreateDirectory(membership.Sockets, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _directory = DirectoryHandle.Open(membership.Sockets);
        (_stopRead, _stopWrite) = Descriptors.Pipe();
        try
        {
            foreach ((IPAddress address, _) in membership.Places)
            {
                File.Delete(FileOf(address)); // One that a dead supervisor left: the address is leased to this VM now.
                Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendBufferSize = BufferBytes, SendTimeout = (int)s_patience.TotalMilliseconds };
                _sockets.Add(socket);
                socket.Bind(EndPointOf(address));
            }
        }
        catch
        {
            Close();
            throw;
        }

        foreach (Socket socket in _sockets)
        {
            _receiving.Add(Task.Factory.StartNew(() => Receive(socket), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        }
    }

    public Membership Membership { get; }

    /// <summary>False: nobody has the address. True also for what was dropped because its receiver does not keep up.</summary>
    public bool TrySend(ReadOnlySpan<byte> packet, IPAddress destination)
    {
        lock (_sending)
        {
            if (_closed)
            {
                return false;
            }

            try
            {
                _sockets[0].SendTo(packet, SocketFlags.None, AddressOf(destination));
                return true;
            }
            catch (SocketException e)
            {
                return e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable or SocketError.MessageSize;
            }
        }
    }

    public void Dispose()
    {
        _stopWrite.Dispose();
        Task.WaitAll([.. _receiving]);
        lock (_sending)
        {
            _closed = true;
            foreach ((IPAddress address, _) in Membership.Places)
            {
                File.Delete(FileOf(address));
            }

            Close();
        }
    }

    private void Close()
    {
        _sockets.ForEach(static socket => socket.Dispose());
        _directory.Dispose();
        _stopWrite.Dispose();
        _stopRead.Dispose();
    }

    private void Receive(Socket socket)
    {
        byte[] packet = new byte[MostBytes];
        using SafeFileHandle handle = new(socket.SafeHandle.DangerousGetHandle(), ownsHandle: false);
        while (Readiness.Wait(handle, _stopRead, null, wait: true) is { Second: false })
        {
            int length = socket.Receive(packet);
            _deliver(Membership, packet.AsSpan(0, length));
        }
    }

    private SocketAddress AddressOf(IPAddress neighbour)
    {
        if (!_known.TryGetValue(neighbour, out SocketAddress? address))
        {
            if (_known.Count >= MostKnown)
            {
                _known.Clear();
            }

            _known[neighbour] = address = EndPointOf(neighbour).Serialize();
        }

        return address;
    }

    private string FileOf(IPAddress address) => Path.Combine(Membership.Sockets, address.ToString());

    /// <summary>Through the directory's descriptor: a socket's path has 108 bytes at most (unix(7)).</summary>
    private UnixDomainSocketEndPoint EndPointOf(IPAddress address) => new($"/proc/self/fd/{_directory.DangerousGetHandle()}/{address}");
}

using System.Net.Sockets;
using Hearth.Core.Specs;
using Hearth.Engine.Client;
using Hearth.Engine.Store;
using Hearth.Linux.Processes;
using Hearth.Networking.Ports;

namespace Hearth.Engine.Doorkeeping;

/// <summary>A supervisor's connection to the doorkeeper of its VM, from before the restore until it takes the ports.</summary>
internal sealed class DoorkeeperSocket : IDisposable
{
    /// <summary>A doorkeeper answers in milliseconds. One that does not is ended, and what it has is bound anew.</summary>
    private const int AnswerMilliseconds = 5000;

    private const byte Ask = (byte)'t';

    private static readonly TimeSpan s_endBound = TimeSpan.FromSeconds(5);

    private readonly Socket _socket;
    private readonly VmModel _vm;

    private DoorkeeperSocket(Socket socket, VmModel vm)
    {
        _socket = socket;
        _vm = vm;
    }

    /// <summary>The ports that it holds.</summary>
    public IReadOnlyList<PublishedPort> Ports => _vm.State.Ports;

    /// <summary>Null when the VM has no doorkeeper that listens: nobody has its ports then.</summary>
    public static DoorkeeperSocket? TryConnect(VmModel vm)
    {
        if (vm.State.Doorkeeper is null)
        {
            return null;
        }

        Socket socket = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified) { ReceiveTimeout = AnswerMilliseconds, SendTimeout = AnswerMilliseconds };
        try
        {
            using ControlSocket address = new(PathIn(vm.Directory));
            socket.Connect(address.EndPoint);
            return new DoorkeeperSocket(socket, vm);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            socket.Dispose();
            End(vm.State);
            return null;
        }
    }

    /// <summary>The listener of a doorkeeper. The caller was started by the supervisor that holds the VM's lock: there is no other.</summary>
    public static Socket Listen(string directory)
    {
        const int Backlog = 8;
        string path = PathIn(directory);
        File.Delete(path);
        Socket listener = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        using ControlSocket address = new(path);
        listener.Bind(address.EndPoint);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        listener.Listen(Backlog);
        return listener;
    }

    /// <summary>In the doorkeeper: takes the next one who may come to ask.</summary>
    public static Socket Accept(Socket listener)
    {
        Socket asker = listener.Accept();
        asker.ReceiveTimeout = asker.SendTimeout = AnswerMilliseconds;
        return asker;
    }

    /// <summary>In the doorkeeper: whether who came asks for the ports; false when it has gone.</summary>
    public static bool IsAsking(Socket asker)
    {
        Span<byte> word = stackalloc byte[1];
        try
        {
            return asker.Receive(word) == 1 && word[0] == Ask;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Takes the ports from the doorkeeper, which ends.</summary>
    /// <returns>What came; what of <see cref="Ports"/> is missing is nobody's.</returns>
    public IReadOnlyList<HeldPort> Take()
    {
        List<HeldPort> taken = [];
        try
        {
            _socket.Send([Ask]);
            if (PortHandOver.TryTake(_socket, taken))
            {
                PortHandOver.Confirm(_socket);
            }
            else
            {
                End(_vm.State);
            }
        }
        catch (SocketException)
        {
            End(_vm.State);
        }

        File.Delete(PathIn(_vm.Directory)); // The doorkeeper leaves it: by then there might be another's.
        return taken;
    }

    /// <summary>Ends the doorkeeper that a VM's state names, and returns when its ports are free. A doorkeeper that reads the state of its own VM ends by itself.</summary>
    public static void End(VmState state)
    {
        if (state.Doorkeeper is { } doorkeeper && doorkeeper.Pid != Environment.ProcessId)
        {
            OrphanedProcess.End(doorkeeper, s_endBound);
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary><c>doorkeeper.sock</c> of a VM's directory.</summary>
    private static string PathIn(string directory) => Path.Combine(directory, "doorkeeper.sock");
}

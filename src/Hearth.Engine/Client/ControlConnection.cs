using System.Net.Sockets;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Store;
using Hearth.Protocol;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Engine.Client;

/// <summary>A client's connection to one supervisor, carrying one request.</summary>
public sealed class ControlConnection : IAsyncDisposable
{
    /// <summary>Two frames of output at a time; a client reads nothing but frames, so it may read ahead.</summary>
    private const int ReadAheadBytes = 64 * 1024;

    private readonly NetworkStream _stream;

    private ControlConnection(NetworkStream stream)
    {
        _stream = stream;
        Reader = new FrameReader(new BufferedStream(stream, ReadAheadBytes));
        Writer = new FrameWriter(stream);
    }

    public FrameReader Reader { get; }

    public FrameWriter Writer { get; }

    /// <summary>Connects and sends the request.</summary>
    /// <exception cref="HearthException"><c>vm.not-running</c>.</exception>
    public static async Task<ControlConnection> ConnectAsync(VmModel vm, ControlRequest request, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using ControlSocket address = new(vm.ControlSocket);
            await socket.ConnectAsync(address.EndPoint, cancellationToken);
            ControlConnection connection = new(new NetworkStream(socket, ownsSocket: true));
            await connection.Writer.WriteJsonAsync(FrameType.Request, request, ProtocolJson.Default.ControlRequest, cancellationToken);
            return connection;
        }
        catch (Exception e) when (e is SocketException or DirectoryNotFoundException or IOException)
        {
            socket.Dispose();
            throw NotRunning(vm, e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request that has a single Reply and returns its payload.</summary>
    /// <exception cref="HearthException">What the supervisor answered, or <c>vm.not-running</c>.</exception>
    public static async Task<byte[]> CallAsync(VmModel vm, ControlRequest request, CancellationToken cancellationToken)
    {
        await using ControlConnection connection = await ConnectAsync(vm, request, cancellationToken);
        return await connection.ReadReplyAsync(vm, cancellationToken);
    }

    /// <summary>Reads a single Reply and returns its payload.</summary>
    /// <exception cref="HearthException">What the supervisor answered, or <c>vm.not-running</c>.</exception>
    public async Task<byte[]> ReadReplyAsync(VmModel vm, CancellationToken cancellationToken)
    {
        Frame? frame;
        try
        {
            frame = await Reader.ReadAsync(cancellationToken);
        }
        catch (IOException e)
        {
            throw NotRunning(vm, e);
        }

        return frame switch
        {
            { Type: FrameType.Error } error => throw ToException(error.Payload),
            { } answer => answer.Payload.ToArray(),
            null => throw NotRunning(vm, null),
        };
    }

    /// <summary>The error that an Error frame carries.</summary>
    public static HearthException ToException(ReadOnlyMemory<byte> payload)
    {
        ErrorMessage error = FrameReader.Parse(payload, ProtocolJson.Default.ErrorMessage);
        return new HearthException(error.Code, error.Message, error.Hint, error.ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        Writer.Dispose();
        await _stream.DisposeAsync();
    }

    private static HearthException NotRunning(VmModel vm, Exception? inner) => vm.State.Status == VmStatus.Suspended
        ? new("vm.suspended", $"VM {vm.Name} is suspended.", $"'hearth resume {vm.Name}' lets it go on.", 1, inner)
        : new("vm.not-running", $"VM {vm.Name} is not running.", $"Start it with 'hearth start {vm.Name}'.", 1, inner);
}

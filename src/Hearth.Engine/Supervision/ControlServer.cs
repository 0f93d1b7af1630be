using System.Net.Sockets;
using Hearth.Core.Errors;
using Hearth.Engine.Client;
using Hearth.Protocol;
using Hearth.Protocol.Frames;

namespace Hearth.Engine.Supervision;

/// <summary>Accepts clients on a VM's control socket and serves each in a task of its own.</summary>
internal sealed class ControlServer : IAsyncDisposable
{
    /// <summary>How long clients that have been answered may take to read it before the process ends.</summary>
    private static readonly TimeSpan s_finishTimeout = TimeSpan.FromSeconds(10);

    private readonly Socket _listener;
    private readonly string _path;
    private readonly Func<Stream, FrameReader, FrameWriter, Task> _handle;
    private readonly HashSet<Task> _clients = [];
    private readonly Task _accepting;
    private bool _closed;

    private ControlServer(Socket listener, string path, Func<Stream, FrameReader, FrameWriter, Task> handle)
    {
        _listener = listener;
        _path = path;
        _handle = handle;
        _accepting = AcceptAsync();
    }

    /// <summary>Binds and listens. A socket that an earlier supervisor left is replaced: the caller holds the VM's lock.</summary>
    public static ControlServer Listen(string path, Func<Stream, FrameReader, FrameWriter, Task> handle)
    {
        const int Backlog = 128;
        File.Delete(path);
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using ControlSocket address = new(path);
        listener.Bind(address.EndPoint);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        listener.Listen(Backlog);
        return new ControlServer(listener, path, handle);
    }

    /// <summary>Takes no more clients. The socket is gone then: its place may be somebody else's next.</summary>
    public async Task CloseAsync()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        if (Directory.Exists(Path.GetDirectoryName(_path)))
        {
            File.Delete(_path);
        }

        _listener.Dispose();
        await _accepting;
    }

    /// <summary>Takes no more clients and lets those that are here get their answers.</summary>
    public async Task FinishAsync()
    {
        await CloseAsync();
        Task[] left;
        lock (_clients)
        {
            left = [.. _clients];
        }

        try
        {
            await Task.WhenAll(left).WaitAsync(s_finishTimeout);
        }
        catch (TimeoutException)
        {
            // They do not read; their connections end with the process.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            Task serving = ServeAsync(client);
            lock (_clients)
            {
                _clients.Add(serving);
            }

            _ = serving.ContinueWith(Forget, TaskScheduler.Default);
        }
    }

    private void Forget(Task served)
    {
        lock (_clients)
        {
            _clients.Remove(served);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            await using NetworkStream stream = new(client, ownsSocket: true);
            using FrameWriter writer = new(stream);
            try
            {
                await _handle(stream, new FrameReader(stream), writer);
            }
            catch (HearthException e)
            {
                ErrorMessage error = new(e.Code, e.Message, e.Hint, e.ExitCode);
                await writer.WriteJsonAsync(FrameType.Error, error, ProtocolJson.Default.ErrorMessage, CancellationToken.None);
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ObjectDisposedException or OperationCanceledException)
        {
            // The client went away or spoke nonsense; its connection is all that ends.
        }
    }
}

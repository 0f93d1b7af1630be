using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Hearth.Bench.Measurement;
using Hearth.Linux.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Bench.Floors;

/// <summary>As much of QEMU's monitor protocol (docs/interop/qmp-spec) as a restore takes: lines of JSON, one command at a time.</summary>
internal sealed class BareMonitor : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly StreamReader _reader;

    public BareMonitor(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = new StreamReader(_stream, leaveOpen: true);
    }

    /// <summary>Loads the state into a QEMU that waits for it, and lets the guest stand.</summary>
    public async Task LoadAsync(string devices)
    {
        await ReadUntilAsync(static message => message.TryGetProperty("QMP", out _));
        await ExecuteAsync("""{"execute":"qmp_capabilities"}""");
        using SafeFileHandle state = File.OpenHandle(devices);
        await ExecuteAsync("""{"execute":"getfd","arguments":{"fdname":"state"}}""", state);
        await ExecuteAsync("""{"execute":"migrate-set-capabilities","arguments":{"capabilities":[{"capability":"events","state":true}]}}""");
        await SendAsync("""{"execute":"migrate-incoming","arguments":{"uri":"fd:state"}}""", null);
        JsonElement end = await ReadUntilAsync(static message => message.TryGetProperty("event", out JsonElement name) && name.ValueEquals("MIGRATION")
            && message.GetProperty("data").GetProperty("status").GetString() is "completed" or "failed");
        if (end.GetProperty("data").GetProperty("status").GetString() != "completed")
        {
            throw new BenchException($"The bare QEMU could not load {devices}.");
        }
    }

    /// <summary>Lets the vCPUs run.</summary>
    public Task ContinueAsync() => ExecuteAsync("""{"execute":"cont"}""");

    public void Dispose()
    {
        _reader.Dispose();
        _stream.Dispose();
    }

    private async Task ExecuteAsync(string command, SafeFileHandle? descriptor = null)
    {
        await SendAsync(command, descriptor);
        await ReadUntilAsync(static message => message.TryGetProperty("return", out _));
    }

    private async Task SendAsync(string command, SafeFileHandle? descriptor)
    {
        byte[] line = Encoding.UTF8.GetBytes(command + "\n");
        if (descriptor is null)
        {
            await _stream.WriteAsync(line);
        }
        else
        {
            DescriptorPassing.Send(_socket, line, descriptor);
        }
    }

    private async Task<JsonElement> ReadUntilAsync(Func<JsonElement, bool> isIt)
    {
        while (await _reader.ReadLineAsync().WaitAsync(s_limit) is { } line)
        {
            using JsonDocument message = JsonDocument.Parse(line);
            if (message.RootElement.TryGetProperty("error", out JsonElement error))
            {
                throw new BenchException($"The bare QEMU refused a command: {error}");
            }

            if (isIt(message.RootElement))
            {
                return message.RootElement.Clone();
            }
        }

        throw new BenchException("The bare QEMU closed its monitor.");
    }
}

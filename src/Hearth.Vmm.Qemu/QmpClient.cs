using System.Text.Json;

namespace Hearth.Vmm.Qemu;

/// <summary>
/// QEMU's monitor protocol (docs/interop/qmp-spec): JSON lines. One command at a time; events between a command and its answer
/// are passed over.
/// </summary>
internal sealed class QmpClient(Stream stream) : IDisposable
{
    private readonly StreamReader _reader = new(stream);
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Reads the greeting and leaves capabilities negotiation.</summary>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        _ = await _reader.ReadLineAsync(cancellationToken) ?? throw new EndOfStreamException("QEMU closed its monitor.");
        await ExecuteAsync("qmp_capabilities", cancellationToken);
    }

    /// <summary>Runs a command without arguments and waits for its answer.</summary>
    /// <exception cref="IOException">QEMU refused it or is gone.</exception>
    public async Task ExecuteAsync(string command, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"{{\"execute\":\"{command}\"}}\n"), cancellationToken);
            while (await _reader.ReadLineAsync(cancellationToken) is { } line)
            {
                using JsonDocument message = JsonDocument.Parse(line);
                if (message.RootElement.TryGetProperty("return"u8, out _))
                {
                    return;
                }

                if (message.RootElement.TryGetProperty("error"u8, out JsonElement error))
                {
                    throw new IOException($"QEMU refused '{command}': {error.GetProperty("desc"u8).GetString()}");
                }
            }
        }
        catch (JsonException e)
        {
            throw new IOException("QEMU's monitor sent what is not JSON.", e);
        }
        finally
        {
            _turn.Release();
        }

        throw new EndOfStreamException("QEMU closed its monitor.");
    }

    public void Dispose()
    {
        _reader.Dispose();
        _turn.Dispose();
    }
}

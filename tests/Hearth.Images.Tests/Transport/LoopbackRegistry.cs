using System.Collections.Concurrent;
using Hearth.Linux.Processes;

namespace Hearth.Images.Tests.Transport;

/// <summary>Debian's docker-registry on a free port of loopback, its files in a directory of its own, both until disposed. Also the benchmark's.</summary>
internal sealed class LoopbackRegistry : IAsyncDisposable
{
    private static readonly TimeSpan s_startBudget = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<string> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _directory;
    private Task _server = Task.CompletedTask;

    private LoopbackRegistry(string directory) => _directory = directory;

    /// <summary>Host and port, by a name that a certificate can have.</summary>
    public string Address { get; private set; } = "";

    /// <summary>The requests so far: the access log's lines.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <param name="directory">Made when it is not there.</param>
    /// <param name="settings">More lines of its configuration (YAML): indented by two they belong to <c>http</c>.</param>
    public static async Task<LoopbackRegistry> StartAsync(string directory, params IEnumerable<string> settings)
    {
        var registry = new LoopbackRegistry(directory);
        Directory.CreateDirectory(directory);
        string config = Path.Combine(directory, "config.yml");
        string[] lines =
        [
            "version: 0.1", "log: {level: info, formatter: text}", $"storage: {{filesystem: {{rootdirectory: {directory}/data}}}}",
            "http:", "  addr: 127.0.0.1:0", "  secret: test", .. settings,
        ];
        await File.WriteAllLinesAsync(config, lines);
        var streams = new ToolStreams { OutputLine = registry.Requests.Enqueue, ErrorLine = registry.OnLog };
        registry._server = ToolProcess.RunAsync(new ToolCommand("docker-registry", ["serve", config]), streams, registry._stop.Token);
        Task first = await Task.WhenAny(registry._address.Task, registry._server).WaitAsync(s_startBudget);
        await first;
        registry.Address = first == registry._address.Task ? await registry._address.Task : throw new InvalidOperationException("docker-registry ended at once.");
        return registry;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _server;
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }

        _stop.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private void OnLog(string line)
    {
        const string Listening = "listening on 127.0.0.1:";
        int at = line.IndexOf(Listening, StringComparison.Ordinal);
        if (at >= 0)
        {
            string rest = line[(at + Listening.Length)..];
            int end = rest.AsSpan().IndexOfAnyExceptInRange('0', '9');
            _address.TrySetResult("localhost:" + (end < 0 ? rest : rest[..end]));
        }
    }
}

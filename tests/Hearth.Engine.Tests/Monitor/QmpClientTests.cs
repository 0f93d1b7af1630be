using System.Net.Sockets;
using System.Text.Json;
using Hearth.Vmm.Qemu;

namespace Hearth.Engine.Tests.Monitor;

public sealed class QmpClientTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(50);

    /// <summary>Waited for once, and long enough for an answer on a busy machine.</summary>
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_command_that_is_not_answered_fails_within_its_bound()
    {
        await using QemuDouble qemu = await QemuDouble.StartAsync(s_short);

        IOException failure = await Should.ThrowAsync<IOException>(qemu.Client.ExecuteAsync("stop", null, CancellationToken.None));

        failure.Message.ShouldBe("QEMU did not answer 'stop' within 0 s.");
    }

    [Fact]
    public async Task Commands_to_a_silent_monitor_are_sent_and_not_waited_for()
    {
        await using QemuDouble qemu = await QemuDouble.StartAsync(s_short);
        await Should.ThrowAsync<IOException>(qemu.Client.ExecuteAsync("blockdev-add", null, CancellationToken.None));

        await Should.ThrowAsync<IOException>(qemu.Client.ExecuteAsync("blockdev-del", null, CancellationToken.None));

        (await qemu.ReadCommandAsync()).Name.ShouldBe("blockdev-add");
        (await qemu.ReadCommandAsync()).Name.ShouldBe("blockdev-del");
    }

    [Fact]
    public async Task A_monitor_that_answers_again_is_used_again_and_late_answers_are_nobodys()
    {
        await using QemuDouble qemu = await QemuDouble.StartAsync(s_long);
        await Should.ThrowAsync<IOException>(qemu.Client.ExecuteAsync("late", null, CancellationToken.None));
        EventWaiter heard = qemu.Client.Expect(static m => m.GetProperty("event"u8).ValueEquals("RESUME"u8));
        await qemu.AnswerAsync((await qemu.ReadCommandAsync()).Id, "\"of late\"");
        await qemu.SayAsync("""{"event":"RESUME"}""");
        await heard.Event;

        Task<JsonElement> next = qemu.Client.ExecuteAsync("next", null, CancellationToken.None);
        await qemu.AnswerAsync((await qemu.ReadCommandAsync()).Id, "\"of next\"");

        (await next).GetString().ShouldBe("of next");
    }

    [Fact]
    public async Task A_monitor_that_ends_is_told_from_one_that_refuses()
    {
        await using QemuDouble qemu = await QemuDouble.StartAsync(s_long);
        Task<JsonElement> command = qemu.Client.ExecuteAsync("stop", null, CancellationToken.None);
        await qemu.EndAsync();

        await Should.ThrowAsync<EndOfStreamException>(command);
        await Should.ThrowAsync<EndOfStreamException>(qemu.Client.ExecuteAsync("cont", null, CancellationToken.None));
    }

    /// <summary>The other end of the monitor's socket.</summary>
    private sealed class QemuDouble : IAsyncDisposable
    {
        private readonly NetworkStream _stream;
        private readonly StreamReader _reader;

        private QemuDouble(Socket socket, QmpClient client)
        {
            _stream = new NetworkStream(socket, ownsSocket: true);
            _reader = new StreamReader(_stream);
            Client = client;
        }

        public QmpClient Client { get; }

        public static async Task<QemuDouble> StartAsync(TimeSpan answerBound)
        {
            using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            string path = Path.Combine(Path.GetTempPath(), $"hearth-qmp-{Guid.NewGuid():N}");
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await client.ConnectAsync(new UnixDomainSocketEndPoint(path));
            File.Delete(path);
            return new QemuDouble(await listener.AcceptAsync(), new QmpClient(client, answerBound));
        }

        public async Task<(long Id, string? Name)> ReadCommandAsync()
        {
            using JsonDocument command = JsonDocument.Parse((await _reader.ReadLineAsync()).ShouldNotBeNull());
            return (command.RootElement.GetProperty("id"u8).GetInt64(), command.RootElement.GetProperty("execute"u8).GetString());
        }

        public Task AnswerAsync(long id, string what) => SayAsync($$"""{"return":{{what}},"id":{{id}}}""");

        public async Task SayAsync(string line) => await _stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(line + "\n"));

        public async Task EndAsync()
        {
            _reader.Dispose();
            await _stream.DisposeAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await EndAsync();
            await Client.DisposeAsync();
        }
    }
}

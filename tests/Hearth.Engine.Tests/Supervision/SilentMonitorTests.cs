using System.Net.Sockets;
using System.Text;
using Hearth.Vmm.Qemu;

namespace Hearth.Engine.Tests.Supervision;

/// <summary>A monitor that takes commands and says nothing: QEMU that was stopped, or hangs.</summary>
public sealed class SilentMonitorTests
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_command_that_is_not_answered_fails_within_its_bound_and_a_late_answer_is_not_the_next_ones()
    {
        (Socket near, Socket far) = Pair();
        using Socket peer = far;
        await using QmpClient monitor = new(near, TimeSpan.FromMilliseconds(200));

        IOException failed = await Should.ThrowAsync<IOException>(() => monitor.ExecuteAsync("stop", null, CancellationToken.None).WaitAsync(s_bound));
        failed.Message.ShouldBe("QEMU did not answer 'stop' within 0.2 s.");
        failed.ShouldNotBeOfType<EndOfStreamException>();

        await peer.SendAsync(Encoding.UTF8.GetBytes("{\"id\":1,\"return\":{\"late\":1}}\n"));
        Task<System.Text.Json.JsonElement> next = monitor.ExecuteAsync("cont", null, CancellationToken.None);
        await peer.SendAsync(Encoding.UTF8.GetBytes("{\"id\":2,\"return\":{\"mine\":1}}\n"));
        (await next.WaitAsync(s_bound)).GetRawText().ShouldBe("{\"mine\":1}");
    }

    [Fact]
    public async Task A_monitor_that_ends_is_told_from_one_that_refuses()
    {
        (Socket near, Socket far) = Pair();
        await using QmpClient monitor = new(near, s_bound);
        Task<System.Text.Json.JsonElement> command = monitor.ExecuteAsync("stop", null, CancellationToken.None);
        far.Dispose();
        await Should.ThrowAsync<EndOfStreamException>(() => command.WaitAsync(s_bound));
        await Should.ThrowAsync<EndOfStreamException>(() => monitor.ExecuteAsync("cont", null, CancellationToken.None).WaitAsync(s_bound));
    }

    private static (Socket Near, Socket Far) Pair()
    {
        string path = Path.Combine(Path.GetTempPath(), $"hearth-monitor-{Guid.NewGuid():N}");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        Socket near = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        near.Connect(new UnixDomainSocketEndPoint(path));
        Socket far = listener.Accept();
        File.Delete(path);
        return (near, far);
    }
}

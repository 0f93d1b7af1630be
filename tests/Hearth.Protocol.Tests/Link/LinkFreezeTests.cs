using Hearth.Protocol.Link;

namespace Hearth.Protocol.Tests.Link;

public sealed class LinkFreezeTests
{
    private const uint Port = 7;

    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_frozen_link_is_silent_in_both_directions_and_loses_nothing()
    {
        using LinkPair pair = new();
        TaskCompletionSource<LinkStream> accepted = new();
        pair.Guest.Listen(Port, accepted.SetResult);
        pair.Start();
        LinkStream host = pair.Host.Connect(Port);
        LinkStream guest = await accepted.Task.WaitAsync(s_bound);
        guest.Write("before "u8);

        await pair.Host.FreezeAsync().WaitAsync(s_bound);
        Task up = Task.Run(() => guest.Write("after"u8));
        Task down = Task.Run(() => host.Write("down"u8));
        byte[] got = new byte[7];
        await host.ReadExactlyAsync(got).AsTask().WaitAsync(s_bound);
        up.IsCompleted.ShouldBeFalse();
        down.IsCompleted.ShouldBeFalse();

        pair.Host.Thaw();
        await Task.WhenAll(up, down).WaitAsync(s_bound);
        byte[] rest = new byte[5];
        await host.ReadExactlyAsync(rest).AsTask().WaitAsync(s_bound);
        (System.Text.Encoding.ASCII.GetString(got) + System.Text.Encoding.ASCII.GetString(rest)).ShouldBe("before after");
        byte[] below = new byte[4];
        await guest.ReadExactlyAsync(below).AsTask().WaitAsync(s_bound);
        below.ShouldBe("down"u8.ToArray());
    }

    [Fact]
    public async Task What_came_before_a_freeze_is_read_to_its_last_byte_while_frozen_and_credit_comes_with_the_thaw()
    {
        using LinkPair pair = new();
        TaskCompletionSource<LinkStream> accepted = new();
        pair.Guest.Listen(Port, accepted.SetResult);
        pair.Start();
        LinkStream host = pair.Host.Connect(Port);
        LinkStream guest = await accepted.Task.WaitAsync(s_bound);
        byte[] window = new byte[LinkConnection.WindowBytes];
        Random.Shared.NextBytes(window);
        guest.Write(window);
        await pair.Host.FreezeAsync().WaitAsync(s_bound);

        byte[] got = new byte[window.Length];
        await Task.Run(() => host.ReadExactly(got)).WaitAsync(s_bound);
        got.ShouldBe(window);
        Task more = Task.Run(() => guest.Write(window));
        more.IsCompleted.ShouldBeFalse();

        pair.Host.Thaw();
        await Task.Run(() => host.ReadExactly(got)).WaitAsync(s_bound);
        await more.WaitAsync(s_bound);
        got.ShouldBe(window);
    }

    [Fact]
    public async Task Waiting_to_read_tells_bytes_and_the_end_from_a_stream_of_a_former_life()
    {
        using RestoredGuest pair = new();
        TaskCompletionSource<LinkStream> accepted = new();
        pair.Guest.Listen(Port, accepted.SetResult);
        LinkConnection first = pair.Start(1);
        LinkStream host = first.Connect(Port);
        LinkStream guest = await accepted.Task.WaitAsync(s_bound);
        host.Write("x"u8);
        (await Task.Run(guest.WaitReadable).WaitAsync(s_bound)).ShouldBeTrue();
        guest.ReadByte().ShouldBe('x');

        Task<bool> waiting = Task.Run(guest.WaitReadable);
        await first.FreezeAsync().WaitAsync(s_bound);
        pair.PlugIn().Start(2);
        (await waiting.WaitAsync(s_bound)).ShouldBeFalse();
        Should.Throw<LinkException>(() => guest.ReadByte());
    }

    [Fact]
    public async Task Waiting_to_read_ends_with_the_peers_end_of_file()
    {
        using LinkPair pair = new();
        TaskCompletionSource<LinkStream> accepted = new();
        pair.Guest.Listen(Port, accepted.SetResult);
        pair.Start();
        LinkStream host = pair.Host.Connect(Port);
        LinkStream guest = await accepted.Task.WaitAsync(s_bound);
        Task<bool> waiting = Task.Run(guest.WaitReadable);
        host.CloseWrite();
        (await waiting.WaitAsync(s_bound)).ShouldBeTrue();
        guest.ReadByte().ShouldBe(-1);
    }

    [Fact]
    public async Task A_freeze_that_nobody_waited_for_is_answered_late_and_harms_nothing()
    {
        using LinkPair pair = new();
        TaskCompletionSource<LinkStream> accepted = new();
        pair.Guest.Listen(Port, accepted.SetResult);
        pair.Start();
        LinkStream host = pair.Host.Connect(Port);
        LinkStream guest = await accepted.Task.WaitAsync(s_bound);
        for (int round = 0; round < 64; round++)
        {
            Task given = pair.Host.FreezeAsync();
            pair.Host.Thaw();
            await pair.Host.FreezeAsync().WaitAsync(s_bound);
            Task write = Task.Run(() => guest.Write("x"u8));
            pair.Host.Thaw();
            await host.ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(s_bound);
            await write.WaitAsync(s_bound);
            _ = given;
        }
    }

    [Fact]
    public async Task A_guest_that_is_frozen_again_and_again_under_load_loses_no_byte()
    {
        const int Bytes = 1 << 20;
        const int Freezes = 64;
        using LinkPair pair = new();
        TaskCompletionSource<LinkStream> accepted = new();
        pair.Guest.Listen(Port, accepted.SetResult);
        pair.Start();
        LinkStream host = pair.Host.Connect(Port);
        LinkStream guest = await accepted.Task.WaitAsync(s_bound);
        Task writing = Task.Run(() =>
        {
            for (int i = 0; i < Bytes; i += 1024)
            {
                guest.Write(Pattern(i, 1024));
            }
        });
        byte[] got = new byte[Bytes];
        for (int at = 0; at < Bytes; at += Bytes / Freezes)
        {
            await pair.Host.FreezeAsync().WaitAsync(s_bound);
            pair.Host.Thaw();
            await host.ReadExactlyAsync(got.AsMemory(at, Bytes / Freezes)).AsTask().WaitAsync(s_bound);
        }

        await writing.WaitAsync(s_bound);
        got.ShouldBe(Pattern(0, Bytes));
    }

    [Fact]
    public async Task A_restored_guest_answers_with_the_new_epoch_and_its_old_streams_end()
    {
        using RestoredGuest machine = new();
        Queue<TaskCompletionSource<LinkStream>> accepted = new([new(), new()]);
        TaskCompletionSource<LinkStream> first = accepted.Peek();
        TaskCompletionSource<LinkStream> second = accepted.Last();
        machine.Guest.Listen(Port, stream => accepted.Dequeue().SetResult(stream));
        LinkConnection source = machine.Start(100);
        source.Connect(Port);
        LinkStream old = await first.Task.WaitAsync(s_bound);
        await source.FreezeAsync().WaitAsync(s_bound);
        Task waiting = Task.Run(() => old.Write("too late"u8));

        LinkConnection copy = machine.PlugIn();
        copy.Start(200);
        (await copy.PeerHello.WaitAsync(s_bound)).Epoch.ShouldBe(200UL);
        await Should.ThrowAsync<LinkException>(() => waiting.WaitAsync(s_bound));
        LinkStream stream = copy.Connect(Port);
        LinkStream guest = await second.Task.WaitAsync(s_bound);
        guest.Write("here"u8);
        byte[] got = new byte[4];
        await stream.ReadExactlyAsync(got).AsTask().WaitAsync(s_bound);
        got.ShouldBe("here"u8.ToArray());
        machine.Guest.Ended.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_repeated_hello_changes_nothing()
    {
        using RestoredGuest machine = new();
        TaskCompletionSource<LinkStream> accepted = new();
        machine.Guest.Listen(Port, accepted.SetResult);
        int restored = 0;
        machine.Guest.Restored = () => restored++;
        LinkConnection host = machine.Start(100);
        await machine.Guest.PeerHello.WaitAsync(s_bound);
        LinkStream stream = host.Connect(Port);
        LinkStream guest = await accepted.Task.WaitAsync(s_bound);

        byte[] hello = new byte[LinkHello.Bytes];
        new LinkHello(LinkHello.CurrentVersion, 100, LinkConnection.WindowBytes).Write(hello);
        host.Send(LinkFrameType.Hello, 0, hello, host.Life);
        stream.Write("still here"u8);
        byte[] got = new byte[10];
        await guest.ReadExactlyAsync(got).AsTask().WaitAsync(s_bound);
        got.ShouldBe("still here"u8.ToArray());
        restored.ShouldBe(0);
    }

    [Theory]
    [InlineData(LinkFrameType.Freeze)]
    [InlineData(LinkFrameType.Frozen)]
    [InlineData(LinkFrameType.Thaw)]
    public async Task A_guest_that_freezes_its_host_ends_the_link(LinkFrameType type)
    {
        using LinkPair pair = new();
        pair.Start();
        await pair.Host.PeerHello.WaitAsync(s_bound);
        pair.Guest.Send(type, 0, [], pair.Guest.Life);
        await pair.Host.Ended.WaitAsync(s_bound);
    }

    [Fact]
    public async Task Whoever_waits_on_a_frozen_link_learns_of_its_end()
    {
        using LinkPair pair = new();
        TaskCompletionSource<LinkStream> accepted = new();
        pair.Guest.Listen(Port, accepted.SetResult);
        pair.Start();
        LinkStream host = pair.Host.Connect(Port);
        await accepted.Task.WaitAsync(s_bound);
        await pair.Host.FreezeAsync().WaitAsync(s_bound);
        Task waiting = Task.Run(() => host.Write("never"u8));
        pair.Guest.Dispose();
        await Should.ThrowAsync<LinkException>(() => waiting.WaitAsync(s_bound));
        pair.Host.Thaw();
    }

    private static byte[] Pattern(int start, int count) => [.. Enumerable.Range(start, count).Select(static i => (byte)((i * 31) ^ (i >> 8)))];
}

using System.Security.Cryptography;
using Hearth.Protocol.Link;

namespace Hearth.Protocol.Tests.Link;

public sealed class LinkConnectionTests
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Both_sides_learn_each_others_epoch()
    {
        using LinkPair pair = new();
        pair.Start();
        (await pair.Host.PeerHello.WaitAsync(s_bound)).Epoch.ShouldBe(2UL);
        (await pair.Guest.PeerHello.WaitAsync(s_bound)).Epoch.ShouldBe(1UL);
    }

    [Fact]
    public async Task Bytes_larger_than_the_window_arrive_in_order_and_half_close_is_end_of_file()
    {
        using LinkPair pair = new();
        TaskCompletionSource<LinkStream> accepted = new();
        pair.Guest.Listen(7, accepted.SetResult);
        pair.Start();
        byte[] sent = RandomNumberGenerator.GetBytes(3 * LinkConnection.WindowBytes + 17);
        LinkStream host = pair.Host.Connect(7);
        Task writing = Task.Run(() =>
        {
            host.Write(sent);
            host.CloseWrite();
        });
        LinkStream guest = await accepted.Task.WaitAsync(s_bound);
        MemoryStream received = new();
        await guest.CopyToAsync(received).WaitAsync(s_bound);
        await writing.WaitAsync(s_bound);
        received.ToArray().ShouldBe(sent);

        guest.Write("answer"u8);
        guest.CloseWrite();
        byte[] answer = new byte[16];
        (await host.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false).AsTask().WaitAsync(s_bound)).ShouldBe(6);
    }

    [Fact]
    public async Task Bytes_written_where_they_stand_arrive_as_they_were()
    {
        using LinkPair pair = new();
        TaskCompletionSource<LinkStream> accepted = new();
        pair.Guest.Listen(7, accepted.SetResult);
        pair.Start();
        byte[] buffer = RandomNumberGenerator.GetBytes(LinkFrame.HeaderBytes + (2 * LinkConnection.WindowBytes) + 5);
        byte[] sent = buffer[LinkFrame.HeaderBytes..];
        LinkStream host = pair.Host.Connect(7);
        Task writing = Task.Run(() =>
        {
            host.WriteInPlace(buffer, LinkFrame.HeaderBytes, sent.Length);
            host.CloseWrite();
        });
        LinkStream guest = await accepted.Task.WaitAsync(s_bound);
        MemoryStream received = new();
        await guest.CopyToAsync(received).WaitAsync(s_bound);
        await writing.WaitAsync(s_bound);
        received.ToArray().ShouldBe(sent);
    }

    [Fact]
    public async Task A_stalled_stream_blocks_no_other_and_its_sender_waits_for_credit()
    {
        using LinkPair pair = new();
        List<LinkStream> accepted = [];
        using SemaphoreSlim arrived = new(0);
        pair.Guest.Listen(7, s =>
        {
            accepted.Add(s);
            arrived.Release();
        });
        pair.Start();
        LinkStream stalled = pair.Host.Connect(7);
        LinkStream live = pair.Host.Connect(7);
        Task blocked = stalled.WriteAsync(new byte[LinkConnection.WindowBytes + 1]).AsTask();
        (await arrived.WaitAsync(s_bound)).ShouldBeTrue();
        (await arrived.WaitAsync(s_bound)).ShouldBeTrue();

        await live.WriteAsync(new byte[] { 42 }).AsTask().WaitAsync(s_bound);
        byte[] one = new byte[1];
        await accepted[1].ReadExactlyAsync(one).AsTask().WaitAsync(s_bound);
        one[0].ShouldBe((byte)42);
        blocked.IsCompleted.ShouldBeFalse();

        await accepted[0].ReadExactlyAsync(new byte[LinkConnection.WindowBytes + 1]).AsTask().WaitAsync(s_bound);
        await blocked.WaitAsync(s_bound);
    }

    [Fact]
    public async Task A_port_without_a_listener_refuses()
    {
        using LinkPair pair = new();
        pair.Start();
        LinkStream stream = pair.Host.Connect(99);
        LinkException error = await Should.ThrowAsync<LinkException>(async () => await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(s_bound));
        error.Message.ShouldBe("Nobody listens on port 99 of the link.");
    }

    [Fact]
    public async Task The_end_of_the_pipe_ends_every_stream_and_says_so()
    {
        LinkPair pair = new();
        pair.Guest.Listen(7, _ => { });
        pair.Start();
        LinkStream stream = pair.Host.Connect(7);
        Task<int> reading = stream.ReadAsync(new byte[1]).AsTask();
        pair.Guest.Dispose();
        await Should.ThrowAsync<LinkException>(() => reading.WaitAsync(s_bound));
        await pair.Host.Ended.WaitAsync(s_bound);
        Should.Throw<LinkException>(() => pair.Host.Connect(7));
        pair.Dispose();
    }

    [Fact]
    public async Task A_disposed_stream_resets_its_peer()
    {
        using LinkPair pair = new();
        TaskCompletionSource<LinkStream> accepted = new();
        pair.Guest.Listen(7, accepted.SetResult);
        pair.Start();
        LinkStream host = pair.Host.Connect(7);
        LinkStream guest = await accepted.Task.WaitAsync(s_bound);
        host.Dispose();
        await Should.ThrowAsync<LinkException>(() => guest.ReadAsync(new byte[1]).AsTask().WaitAsync(s_bound));
    }

    [Fact]
    public async Task Random_bytes_from_a_guest_end_the_link_and_nothing_else()
    {
        Random random = new(20260101);
        for (int i = 0; i < 300; i++)
        {
            byte[] noise = new byte[random.Next(1, 4096)];
            random.NextBytes(noise);
            if (i % 2 == 0)
            {
                // A plausible header, so that the noise reaches the handlers.
                LinkFrame.Write(noise.AsSpan(0, Math.Min(8, noise.Length)).Length == 8 ? noise : noise = new byte[8], (LinkFrameType)random.Next(1, 11), (uint)random.Next(0, 6), random.Next(0, 64));
            }

            using LinkConnection host = new(new MemoryDuplex(noise), isHost: true, "fuzzed");
            host.Listen(1, static s => s.Dispose());
            host.Start(1);
            await host.Ended.WaitAsync(s_bound);
        }
    }

    /// <summary>Gives fixed bytes, then end of file; swallows what is written.</summary>
    private sealed class MemoryDuplex(byte[] content) : MemoryStream(content, writable: false)
    {
        public override bool CanWrite => true;

        public override void Write(byte[] buffer, int offset, int count)
        {
        }
    }
}

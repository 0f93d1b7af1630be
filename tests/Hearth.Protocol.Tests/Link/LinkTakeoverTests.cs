using FsCheck;
using FsCheck.Fluent;
using Hearth.Protocol.Link;

namespace Hearth.Protocol.Tests.Link;

/// <summary>
/// A guest that counts into a stream while it is frozen, thawed and taken over in any order, by hosts that repeat themselves: whatever
/// order it is, nothing hangs, and over all hosts every number comes once and in order.
/// </summary>
public sealed class LinkTakeoverTests
{
    private const uint Port = 7;
    private const ulong EpochStep = 1UL << 40;

    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    /// <summary>What a host may do, and what it may do twice.</summary>
    public enum Step
    {
        /// <summary>Freezes, and thaws when the guest has answered.</summary>
        Freeze,

        /// <summary>Freezes and thaws without waiting: the answer comes late, maybe among those of the next freeze.</summary>
        FreezeAndGo,
        ThawUnasked,
        RepeatFreeze,
        RepeatHello,

        /// <summary>Takes a number or more from the stream.</summary>
        Read,

        /// <summary>Is replaced by another host, as after a restore.</summary>
        TakeOver,
    }

    [Fact]
    public void No_order_of_freezes_repetitions_and_takeovers_hangs_or_loses_or_repeats_a_number() =>
        Prop.ForAll(Gen.Choose(0, 6).Select(static n => (Step)n).ListOf().ToArbitrary(), static steps => RunAsync(steps).WaitAsync(s_bound).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(24));

    private static async Task RunAsync(IEnumerable<Step> steps)
    {
        using RestoredGuest machine = new();
        using Counter counter = new(machine.Guest, Port);
        ulong epoch = EpochStep; // Streams are numbered from its upper half, which differs in every life.
        LinkConnection host = machine.Start(epoch);
        LinkStream stream = host.Connect(Port);
        int next = 0;
        foreach (Step step in steps)
        {
            switch (step)
            {
                case Step.Freeze:
                    await host.FreezeAsync();
                    host.Thaw();
                    break;
                case Step.FreezeAndGo:
                    _ = host.FreezeAsync();
                    host.Thaw();
                    break;
                case Step.ThawUnasked:
                    host.Thaw();
                    host.Send(LinkFrameType.Thaw, 0, [], host.Life);
                    break;
                case Step.RepeatFreeze:
                    next = await ReadAsync(stream, next);
                    await host.FreezeAsync();
                    host.Thaw();
                    host.Send(LinkFrameType.Thaw, 0, [], host.Life);
                    break;
                case Step.RepeatHello:
                    SayHello(host, epoch);
                    SayHello(host, epoch);
                    break;
                case Step.Read:
                    next = await ReadAsync(stream, next);
                    break;
                default:
                    (host, stream, next) = await TakeOverAsync(machine, host, stream, epoch += EpochStep, next);
                    break;
            }
        }

        await ReadAsync(stream, next);
    }

    /// <summary>What the new stream begins with tells what the old one has: all numbers below, to be read there, and no other.</summary>
    private static async Task<(LinkConnection Host, LinkStream Stream, int Next)> TakeOverAsync(RestoredGuest machine, LinkConnection host, LinkStream old, ulong epoch, int next)
    {
        await host.FreezeAsync();
        LinkConnection successor = machine.PlugIn();
        successor.Start(epoch);
        (await successor.PeerHello).Epoch.ShouldBe(epoch);
        SayHello(successor, epoch);
        LinkStream stream = successor.Connect(Port);
        int first = await ReadAsync(stream);

        // Its late Thaw and the credit for what is read here reach a guest that knows neither any more.
        host.Thaw();
        while (next < first)
        {
            next = await ReadAsync(old, next);
        }

        next.ShouldBe(first);
        return (successor, stream, next + 1);
    }

    private static void SayHello(LinkConnection host, ulong epoch)
    {
        byte[] hello = new byte[LinkHello.Bytes];
        new LinkHello(LinkHello.CurrentVersion, epoch, LinkConnection.WindowBytes).Write(hello);
        host.Send(LinkFrameType.Hello, 0, hello, host.Life);
    }

    private static async Task<int> ReadAsync(LinkStream stream, int next)
    {
        (await ReadAsync(stream)).ShouldBe(next);
        return next + 1;
    }

    private static async Task<int> ReadAsync(LinkStream stream)
    {
        byte[] number = new byte[4];
        await stream.ReadExactlyAsync(number);
        return BitConverter.ToInt32(number);
    }
}

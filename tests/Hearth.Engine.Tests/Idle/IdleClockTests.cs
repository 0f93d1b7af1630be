using FsCheck;
using FsCheck.Fluent;
using Hearth.Engine.Idle;

namespace Hearth.Engine.Tests.Idle;

public sealed class IdleClockTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan s_slice = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();
    private readonly IdleClock _clock;
    private TimeSpan _used = TimeSpan.FromSeconds(3);

    public IdleClockTests()
    {
        _clock = new IdleClock(_time);
        _clock.Start(s_limit, _used);
    }

    [Theory]
    [InlineData(1, 0.25)]
    [InlineData(40, 10)]
    [InlineData(60, 15)]
    [InlineData(36000, 15)]
    public void A_slice_is_a_quarter_of_the_time_and_at_most_15_seconds(double limit, double slice) =>
        IdleClock.SliceOf(TimeSpan.FromSeconds(limit)).ShouldBe(TimeSpan.FromSeconds(slice));

    [Fact]
    public void A_vm_that_does_nothing_is_idle_after_the_time_and_that_is_said_once()
    {
        Slices(5).ShouldBe([false, false, false, true, false]);
    }

    [Fact]
    public void Without_a_time_to_wait_for_a_vm_is_never_idle()
    {
        IdleClock clock = new(_time);
        _time.Advance(TimeSpan.FromDays(1));
        clock.Sample(TimeSpan.Zero).ShouldBeFalse();
    }

    [Theory]
    [InlineData(0.499, true)]
    [InlineData(0.5, false)]
    [InlineData(10, false)]
    public void A_slice_is_busy_from_five_per_cent_of_a_cpu_on(double seconds, bool idle)
    {
        Slices(3);
        Slice(seconds).ShouldBe(idle);
    }

    [Fact]
    public void A_check_and_what_it_makes_the_container_write_are_no_use()
    {
        bool[] idle = [.. Enumerable.Range(0, 4).Select(_ =>
        {
            _clock.NoteCheck(isBegun: true, _used);
            _time.Advance(TimeSpan.FromSeconds(1));
            _clock.NoteOutput();
            _clock.NoteCheck(isBegun: false, _used += TimeSpan.FromSeconds(1));
            _time.Advance(TimeSpan.FromMilliseconds(200));
            _clock.NoteOutput();
            _time.Advance(s_slice - TimeSpan.FromMilliseconds(1200));
            return _clock.Sample(_used);
        })];

        idle.ShouldBe([false, false, false, true]);
    }

    [Fact]
    public void What_the_container_writes_or_computes_beside_a_check_is_use()
    {
        Slices(3);
        _clock.NoteCheck(isBegun: true, _used);
        _clock.NoteCheck(isBegun: false, _used);
        _time.Advance(TimeSpan.FromMilliseconds(300));
        _clock.NoteOutput();
        Slice(0).ShouldBeFalse();
        Slices(2).ShouldBe([false, false]);

        _clock.NoteCheck(isBegun: true, _used);
        _time.Advance(TimeSpan.FromSeconds(1));
        _clock.NoteCheck(isBegun: false, _used += TimeSpan.FromSeconds(1));
        Slice(cpuSeconds: 1).ShouldBeFalse();
        Slices(4).ShouldBe([false, false, false, true]);
    }

    [Fact]
    public void While_checks_take_most_of_the_time_nothing_is_said()
    {
        Slices(3);
        _clock.NoteCheck(isBegun: true, _used);
        Slices(5).ShouldBe([false, false, false, false, false]);
        _clock.NoteCheck(isBegun: false, _used);
        Slices(5).ShouldBe([false, false, false, false, true]);
    }

    [Fact]
    public void A_busy_slice_starts_the_time_anew()
    {
        Slices(2);
        Slice(cpuSeconds: 2).ShouldBeFalse();
        Slices(4).ShouldBe([false, false, false, true]);
    }

    [Fact]
    public void What_happens_between_two_looks_starts_the_time_anew()
    {
        Slices(3);
        _time.Advance(TimeSpan.FromSeconds(1));
        _clock.Touch();
        _time.Advance(TimeSpan.FromSeconds(9));
        _clock.Sample(_used).ShouldBeFalse();
        Slices(4).ShouldBe([false, false, false, true]);
    }

    [Fact]
    public void While_a_client_is_there_the_vm_is_not_idle_and_its_end_starts_the_time_anew()
    {
        _clock.TryEnter().ShouldBeNull();
        _clock.TryEnter().ShouldBeNull();
        _clock.Leave();
        Slices(8).ShouldAllBe(static idle => !idle);

        _clock.Leave();
        Slices(4).ShouldBe([false, false, false, true]);
    }

    [Fact]
    public void A_client_that_came_before_the_start_counts()
    {
        IdleClock clock = new(_time);
        clock.TryEnter().ShouldBeNull();
        clock.Start(s_limit, _used);
        _time.Advance(s_limit);
        clock.Sample(_used).ShouldBeFalse();
    }

    [Fact]
    public async Task Nobody_enters_while_the_vm_is_being_suspended()
    {
        Slices(4);
        Task first = _clock.TryEnter() ?? throw new InvalidOperationException("The first was let in.");
        Task second = _clock.TryEnter() ?? throw new InvalidOperationException("The second was let in.");
        first.IsCompleted.ShouldBeFalse();

        _clock.Release(suspended: false);

        await Task.WhenAll(first, second).WaitAsync(TimeSpan.FromSeconds(10));
        (_clock.TryEnter() is null).ShouldBeTrue();
    }

    [Fact]
    public async Task After_a_suspension_nobody_enters_any_more_and_nobody_waits()
    {
        Slices(4);
        Task waiting = _clock.TryEnter() ?? throw new InvalidOperationException("Somebody was let in during the suspension.");

        _clock.Release(suspended: true);

        await waiting.WaitAsync(TimeSpan.FromSeconds(10));
        Task late = _clock.TryEnter() ?? throw new InvalidOperationException("Somebody was let in after the suspension.");
        late.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public void A_vm_that_could_not_be_suspended_is_tried_again_after_the_whole_time()
    {
        Slices(4);
        _clock.Release(suspended: false);
        Slices(4).ShouldBe([false, false, false, true]);
    }

    [Fact]
    public void A_start_counts_neither_time_nor_work_from_before()
    {
        Slices(3);
        _used += TimeSpan.FromSeconds(100);
        _clock.Start(s_limit, _used);
        Slices(4).ShouldBe([false, false, false, true]);
    }

    /// <summary>Whatever happens when: in slices, a VM is idle exactly when the last thing that happened is as old as its time.</summary>
    [Fact]
    public void It_is_idle_exactly_when_nothing_happened_for_the_whole_time() => Prop.ForAll(
        Gen.Elements(0, 0, 0, 1, 2, 3).ListOf(24).ToArbitrary(),
        static happened =>
        {
            IdleClockTests test = new();
            int last = 0;
            for (int slice = 0; slice < happened.Count; slice++)
            {
                last = happened[slice] switch { 1 or 2 => slice, 3 => slice + 1, _ => last };
                bool expected = (slice + 1 - last) * s_slice >= s_limit;
                test.After(happened[slice]).ShouldBe(expected);
                if (expected)
                {
                    test._clock.Release(suspended: false);
                    last = slice + 1;
                }
            }
        }).QuickCheckThrowOnFailure();

    /// <summary>A slice in which, at its beginning, the container wrote (1), a client came and went (2), or that is busy (3).</summary>
    private bool After(int happened)
    {
        switch (happened)
        {
            case 1:
                _clock.Touch();
                break;
            case 2:
                _clock.TryEnter();
                _clock.Leave();
                break;
            default:
                break;
        }

        return Slice(happened == 3 ? 1 : 0);
    }

    private List<bool> Slices(int count) => [.. Enumerable.Range(0, count).Select(_ => Slice(0))];

    private bool Slice(double cpuSeconds)
    {
        _time.Advance(s_slice);
        _used += TimeSpan.FromSeconds(cpuSeconds);
        return _clock.Sample(_used);
    }
}

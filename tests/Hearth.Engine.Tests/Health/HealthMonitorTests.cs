using System.Threading.Channels;
using Hearth.Core.Specs;
using Hearth.Engine.Health;

namespace Hearth.Engine.Tests.Health;

public sealed class HealthMonitorTests : IAsyncLifetime, IAsyncDisposable
{
    private static readonly HealthSpec s_spec = new() { Kind = HealthProbeKind.Tcp, Port = 1, Timeout = TimeSpan.FromSeconds(7), Retries = 1 };
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(10);

    private readonly ManualTimers _time = new();
    private readonly Channel<HealthState> _states = Channel.CreateUnbounded<HealthState>();
    private readonly HandProbe _probe = new();
    private readonly HealthMonitor _monitor;

    public HealthMonitorTests() => _monitor = new HealthMonitor(s_spec, _probe, HealthCourse.Beginning, _time, state => _states.Writer.TryWrite(state));

    public Task InitializeAsync()
    {
        _monitor.Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _monitor.DisposeAsync();

    ValueTask IAsyncDisposable.DisposeAsync() => _monitor.DisposeAsync();

    [Fact]
    public async Task The_first_check_comes_at_once_and_the_next_after_its_pause()
    {
        (await _probe.NextAsync()).SetResult(0);
        (await StateAsync()).Status.ShouldBe(HealthStatus.Healthy);
        (await _time.NextAsync()).ShouldBe(s_spec.Timeout);
        (await _time.NextAsync()).ShouldBe(s_spec.Interval);

        _time.Advance(s_spec.Interval - TimeSpan.FromTicks(1));
        _probe.Asked.ShouldBe(1);
        _time.Advance(TimeSpan.FromTicks(1));

        (await _probe.NextAsync()).SetResult(4);
        (await StateAsync()).Status.ShouldBe(HealthStatus.Unhealthy);
    }

    [Fact]
    public async Task A_check_that_takes_too_long_is_ended_and_has_failed_with_what_it_said()
    {
        TaskCompletionSource<int> check = await _probe.NextAsync();
        (await _time.NextAsync()).ShouldBe(s_spec.Timeout);

        _time.Advance(s_spec.Timeout);

        HealthResult result = (await StateAsync()).Log[0];
        (result.ExitCode, result.Output, result.End - result.Start).ShouldBe((-1, "Health check exceeded timeout (7s): asked 1", s_spec.Timeout));
        check.Task.IsCanceled.ShouldBeTrue();
    }

    [Fact]
    public async Task A_check_that_throws_has_failed_and_says_why()
    {
        (await _probe.NextAsync()).SetException(new InvalidOperationException(": it broke"));

        HealthResult result = (await StateAsync()).Log[0];
        (result.ExitCode, result.Output).ShouldBe((1, "asked 1: it broke"));
    }

    [Fact]
    public async Task A_hold_ends_the_check_under_way_which_does_not_count_and_the_next_comes_at_once_after_it()
    {
        TaskCompletionSource<int> check = await _probe.NextAsync();

        using (await _monitor.HoldAsync().WaitAsync(s_bound))
        {
            check.Task.IsCanceled.ShouldBeTrue();
            using IDisposable second = await _monitor.HoldAsync().WaitAsync(s_bound);
            _time.Advance(TimeSpan.FromHours(1));
            _probe.Asked.ShouldBe(1);
        }

        (await _probe.NextAsync()).SetResult(0);
        HealthState state = await StateAsync();
        (state.Status, state.Log.Count).ShouldBe((HealthStatus.Healthy, 1));
    }

    [Fact]
    public async Task A_hold_between_checks_makes_the_next_come_at_once_after_it()
    {
        (await _probe.NextAsync()).SetResult(0);
        await StateAsync();

        (await _monitor.HoldAsync().WaitAsync(s_bound)).Dispose();

        (await _probe.NextAsync()).SetResult(0);
        (await StateAsync()).Log.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_check_that_cannot_be_ended_is_left_and_waited_for_before_the_next()
    {
        _probe.IsDeaf = true;
        TaskCompletionSource<int> stuck = await _probe.NextAsync();
        (await _time.NextAsync()).ShouldBe(s_spec.Timeout);
        _time.Advance(s_spec.Timeout);
        _time.Advance(await _time.NextAsync());
        (await StateAsync()).Log[0].ExitCode.ShouldBe(-1);
        _time.Advance(await _time.NextAsync());

        // The second check does not begin: it waits, and takes too long too.
        (await _time.NextAsync()).ShouldBe(s_spec.Timeout);
        _time.Advance(s_spec.Timeout);
        _time.Advance(await _time.NextAsync());
        (await StateAsync()).Log[1].ExitCode.ShouldBe(-1);
        _probe.Asked.ShouldBe(1);

        stuck.SetResult(0);
        _time.Advance(await _time.NextAsync());
        (await _probe.NextAsync()).SetResult(0);
        (await StateAsync()).Status.ShouldBe(HealthStatus.Healthy);
    }

    [Fact]
    public async Task The_end_ends_the_check_under_way_and_none_comes_after_it()
    {
        TaskCompletionSource<int> check = await _probe.NextAsync();

        await _monitor.DisposeAsync().AsTask().WaitAsync(s_bound);

        check.Task.IsCanceled.ShouldBeTrue();
        _time.Advance(TimeSpan.FromHours(1));
        _probe.Asked.ShouldBe(1);
        _states.Reader.Count.ShouldBe(0);
    }

    private async Task<HealthState> StateAsync() => await _states.Reader.ReadAsync().AsTask().WaitAsync(s_bound);

    /// <summary>Answers when the test says so.</summary>
    private sealed class HandProbe : IHealthProbe
    {
        private readonly Channel<TaskCompletionSource<int>> _checks = Channel.CreateUnbounded<TaskCompletionSource<int>>();
        private int _asked;

        public int Asked => _asked;

        /// <summary>It does not end when it is told to.</summary>
        public bool IsDeaf { get; set; }

        public Task<TaskCompletionSource<int>> NextAsync() => _checks.Reader.ReadAsync().AsTask().WaitAsync(s_bound);

        public async Task<int> CheckAsync(HealthOutput output, CancellationToken cancellationToken)
        {
            output.Add($"asked {Interlocked.Increment(ref _asked)}");
            TaskCompletionSource<int> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _checks.Writer.TryWrite(answer);
            using CancellationTokenRegistration end = cancellationToken.Register(() => _ = IsDeaf || answer.TrySetCanceled(cancellationToken));
            return await answer.Task;
        }
    }
}

using FsCheck;
using FsCheck.Fluent;
using Hearth.Core.Specs;
using Hearth.Engine.Health;

namespace Hearth.Engine.Tests.Health;

public sealed class HealthCourseTests
{
    private static readonly HealthSpec s_spec = new() { Kind = HealthProbeKind.Tcp, Port = 1 };

    private readonly TimeSpan _check = TimeSpan.FromMilliseconds(10);
    private TimeSpan _now;

    [Fact]
    public void The_first_success_makes_it_healthy_and_the_next_check_comes_after_the_interval()
    {
        HealthCourse course = new(s_spec, HealthCourse.Beginning);

        Take(course, 0).ShouldBe(TimeSpan.FromSeconds(30));

        (course.State.Status, course.State.FailingStreak, course.State.Log.Count).ShouldBe((HealthStatus.Healthy, 0, 1));
    }

    [Fact]
    public void While_it_is_starting_pauses_double_from_100_ms_to_the_start_interval()
    {
        HealthCourse course = new(s_spec, HealthCourse.Beginning);

        double[] pauses = [.. Enumerable.Range(0, 8).Select(_ => Fail(course).TotalSeconds)];

        pauses.ShouldBe([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5]);
        (course.State.Status, course.State.FailingStreak).ShouldBe((HealthStatus.Starting, 0));
    }

    [Fact]
    public void A_pause_is_never_shorter_than_the_check_was()
    {
        HealthCourse course = new(s_spec, HealthCourse.Beginning);

        course.Take(Result(1), TimeSpan.Zero, TimeSpan.FromSeconds(2)).ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData(0, 30, 60, 90)]
    [InlineData(45, 45, 75, 105)]
    public void Failures_count_when_they_would_in_Docker(int startPeriod, int first, int second, int third)
    {
        HealthCourse course = new(s_spec with { StartPeriod = TimeSpan.FromSeconds(startPeriod) }, HealthCourse.Beginning);
        List<int> counted = [];
        while (course.State.Status == HealthStatus.Starting)
        {
            int before = course.State.FailingStreak;
            int second_ = (int)_now.TotalSeconds;
            Fail(course);
            if (course.State.FailingStreak > before)
            {
                counted.Add(second_);
            }
        }

        counted.ShouldBe([first, second, third]);
        course.State.Status.ShouldBe(HealthStatus.Unhealthy);
    }

    [Fact]
    public void The_first_success_ends_the_start_period()
    {
        HealthCourse course = new(s_spec with { StartPeriod = TimeSpan.FromHours(1), Retries = 2 }, HealthCourse.Beginning);
        Fail(course);
        Take(course, 0);

        Fail(course);
        (course.State.Status, course.State.FailingStreak).ShouldBe((HealthStatus.Healthy, 1));
        Fail(course).ShouldBe(TimeSpan.FromSeconds(30));
        (course.State.Status, course.State.FailingStreak).ShouldBe((HealthStatus.Unhealthy, 2));
    }

    [Fact]
    public void A_success_ends_a_streak_and_makes_it_healthy_again()
    {
        HealthCourse course = new(s_spec with { Retries = 1 }, new HealthState { Status = HealthStatus.Healthy });
        Fail(course);
        course.State.Status.ShouldBe(HealthStatus.Unhealthy);

        Take(course, 0).ShouldBe(TimeSpan.FromSeconds(30));

        (course.State.Status, course.State.FailingStreak).ShouldBe((HealthStatus.Healthy, 0));
    }

    [Fact]
    public void The_last_five_results_are_kept_the_oldest_first()
    {
        HealthCourse course = new(s_spec, HealthCourse.Beginning);
        for (int code = 1; code <= 7; code++)
        {
            Take(course, code);
        }

        course.State.Log.Select(static result => result.ExitCode).ShouldBe([3, 4, 5, 6, 7]);
    }

    [Fact]
    public void Whatever_the_results_it_is_unhealthy_only_after_so_many_failures_and_never_while_the_last_succeeded() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<(bool[] Results, byte Retries, byte StartPeriod)>(),
            given =>
            {
                HealthSpec spec = s_spec with { Retries = (given.Retries % 5) + 1, StartPeriod = TimeSpan.FromSeconds(given.StartPeriod) };
                HealthCourse course = new(spec, HealthCourse.Beginning);
                _now = TimeSpan.Zero;
                int failures = 0;
                foreach (bool isWell in given.Results)
                {
                    Take(course, isWell ? 0 : 1).ShouldBeGreaterThan(TimeSpan.Zero);
                    failures = isWell ? 0 : failures + 1;
                    course.State.FailingStreak.ShouldBeLessThanOrEqualTo(failures);
                    (course.State.Status == HealthStatus.Unhealthy).ShouldBe(course.State.FailingStreak >= spec.Retries);
                    course.State.Status.ShouldNotBe(HealthStatus.Unknown);
                    if (isWell)
                    {
                        course.State.Status.ShouldBe(HealthStatus.Healthy);
                    }
                }
            }).QuickCheckThrowOnFailure();

    private TimeSpan Fail(HealthCourse course) => Take(course, 1);

    private TimeSpan Take(HealthCourse course, int code)
    {
        TimeSpan begun = _now;
        TimeSpan pause = course.Take(Result(code), begun, begun + _check);
        _now = begun + _check + pause;
        return pause;
    }

    private static HealthResult Result(int code) => new(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, code, "");
}

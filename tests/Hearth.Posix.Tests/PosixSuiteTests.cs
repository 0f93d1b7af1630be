namespace Hearth.Posix.Tests;

/// <summary>What the suite says of itself, and of a file system that does not meet it.</summary>
[Trait("Kind", "kernel")]
public sealed class PosixSuiteTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-posix-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void An_area_that_is_none_is_refused_with_the_names_of_all() =>
        Should.Throw<ArgumentException>(() => PosixSuite.Run("none", _directory)).Message.ShouldStartWith($"no area 'none'; there are: {string.Join(", ", PosixSuite.Areas)}");

    [Fact]
    public void Areas_and_cases_have_names_of_their_own()
    {
        PosixSuite.Areas.ShouldBeUnique();
        foreach (string area in PosixSuite.Areas)
        {
            PosixSuite.CasesOf(area).ShouldBeUnique();
        }
    }

    [Fact]
    public void A_case_that_is_known_not_to_work_is_skipped_with_its_reason()
    {
        string one = PosixSuite.CasesOf("status")[^1];

        PosixResult result = PosixSuite.Run("status", _directory, new PosixOptions { CaseFilter = one, Known = new Dictionary<string, string> { [$"status/{one}"] = "no reason" } });

        result.Passed.ShouldBe(0);
        result.Skipped.ShouldBe([new PosixSkip($"status/{one}", "no reason")]);
    }

    [Fact]
    public void Cases_that_act_as_others_are_skipped_when_that_is_not_wanted()
    {
        PosixResult result = PosixSuite.Run("granular", _directory, new PosixOptions { UserTests = false });

        result.Failures.ShouldBeEmpty();
        result.Skipped.ShouldContain(skip => skip.Reason == "acting as other users was not asked for");
    }

    [Fact]
    public void What_is_no_directory_to_run_in_is_said() =>
        Should.Throw<IOException>(() => PosixSuite.Run("status", "/proc/self")).Message.ShouldContain("mkdir");

    [Fact]
    public async Task An_area_that_does_not_end_in_time_is_a_failure_of_the_case_that_runs()
    {
        // Its thread is left to itself, and removes its directory when it does end.
        using FileSystemWatcher watcher = new(_directory);
        TaskCompletionSource cleaned = new(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Deleted += (_, _) => cleaned.TrySetResult();
        watcher.EnableRaisingEvents = true;

        PosixResult result = PosixSuite.Run("times", _directory, new PosixOptions { Patience = TimeSpan.Zero });

        result.Failures.ShouldHaveSingleItem().Assertion.ShouldBe("ends");
        await cleaned.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }
}

using Hearth.Posix.Stress;

namespace Hearth.Posix.Tests;

[Trait("Kind", "kernel")]
public sealed class StressTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-posix-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Sixty_four_threads_in_one_tree_lose_nothing()
    {
        StressResult result = StressRun.Run(_directory, new StressOptions { Duration = TimeSpan.FromSeconds(3) });

        result.Failures.ShouldBeEmpty(string.Join('\n', result.Failures));
        result.Operations.ShouldBeGreaterThan(64);
        Directory.EnumerateFileSystemEntries(_directory).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_somebody_else_removes_is_missed()
    {
        Task<StressResult> run = Task.Run(() => StressRun.Run(_directory, new StressOptions { Threads = 4, Duration = TimeSpan.FromSeconds(30) }));

        while (!run.IsCompleted)
        {
            foreach (string file in Directory.EnumerateFiles(_directory, "t*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }))
            {
                File.Delete(file);
            }
        }

        StressResult result = await run;
        result.Failures.ShouldNotBeEmpty();
    }
}

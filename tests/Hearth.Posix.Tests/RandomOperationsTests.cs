using Hearth.Posix.Randomised;

namespace Hearth.Posix.Tests;

[Trait("Kind", "kernel")]
public sealed class RandomOperationsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-posix-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_host_keeps_to_the_model(int seed)
    {
        RandomResult result = RandomOperations.Run(_directory, new RandomOptions { Seed = seed, Operations = 3000, Duration = TimeSpan.FromMinutes(1) });

        result.Failure.ShouldBeNull(string.Join('\n', result.Last));
        result.Operations.ShouldBe(3000);
        Directory.EnumerateFileSystemEntries(_directory).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_byte_that_changes_behind_its_back_is_found_with_the_seed_and_the_operations()
    {
        using FileSystemWatcher watcher = new(_directory);
        TaskCompletionSource<string> made = new(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Created += (_, file) => made.TrySetResult(file.FullPath);
        watcher.EnableRaisingEvents = true;
        Task<RandomResult> run = Task.Run(() => RandomOperations.Run(_directory, new RandomOptions { Seed = 7, Duration = TimeSpan.FromMinutes(1) }));

        using (FileStream file = new(await made.Task.WaitAsync(TimeSpan.FromSeconds(20)), FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            while (!run.IsCompleted)
            {
                file.Position = 0;
                file.Write(new byte[16]);
                file.Flush();
            }
        }

        RandomResult result = await run;
        result.Failure.ShouldNotBeNull();
        result.Failure.ShouldStartWith("seed 7, operation ");
        result.Last.ShouldNotBeEmpty();
    }
}

using Hearth.Engine.Events;

namespace Hearth.Engine.Tests.Events;

/// <summary>Races between processes are made by order: what the other one does is done in a hook at the named point.</summary>
public sealed class EventLogTests : IDisposable
{
    private const long Small = 2000;
    private static readonly DateTimeOffset s_start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Of_two_processes_that_find_the_file_full_one_renames_it()
    {
        // Old tests had one writer. With two, the second rename put the other's new, nearly empty file over the full one.
        EventLog second = new(_home.Paths) { MaxFileBytes = Small };
        EventLog first = new(_home.Paths) { MaxFileBytes = Small, Full = () => Append(second, 100, 2) };
        int count = Fill(second);

        Append(first, count, 1);

        (await AllAsync()).ShouldBe([.. Numbers(0, count + 1), .. Numbers(100, 2)], ignoreOrder: true);
        new FileInfo(_home.Paths.EventLog).Length.ShouldBeLessThan(Small);
    }

    [Fact]
    public async Task Who_finds_another_renaming_leaves_it_to_them()
    {
        EventLog log = new(_home.Paths) { MaxFileBytes = Small };
        int count = Fill(log);
        using (Hearth.Linux.Files.FileLock other = Hearth.Linux.Files.FileLock.TryAcquire(Path.Combine(_home.Paths.Locks, "events")).ShouldNotBeNull())
        {
            Append(log, count, 3);
        }

        (await AllAsync()).ShouldBe(Numbers(0, count + 3));
        File.Exists(Path.ChangeExtension(_home.Paths.EventLog, ".1.jsonl")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_follower_reads_on_through_renamings_and_what_a_slow_writer_adds_to_the_old_file()
    {
        EventLog log = new(_home.Paths) { MaxFileBytes = Small };
        Append(log, 0, 1);
        List<string> seen = [];
        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(60));
        TaskCompletionSource renamed = new(TaskCreationOptions.RunContinuationsAsynchronously), done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task follow = new EventLog(_home.Paths).FollowAsync(s_start, null, TimeProvider.System, happened =>
        {
            seen.Add(happened.Id);
            (happened.Id switch { "new file" => renamed, "slow" => done, _ => null })?.TrySetResult();
            return ValueTask.CompletedTask;
        }, stop.Token);
        EventLog slow = new(_home.Paths)
        {
            // It has the file open; another renames it and goes on in a new one, and the follower has read that.
            Opened = () =>
            {
                Fill(log);
                Append(log, 50, 1);
                log.Append(Event("new file"));
                renamed.Task.Wait(stop.Token);
            },
        };

        await Task.Run(() => slow.Append(Event("slow")), stop.Token);

        await done.Task.WaitAsync(stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(follow);
        seen.ShouldBe([.. await AllAsync()], ignoreOrder: true);
    }

    [Fact]
    public async Task Without_a_start_only_what_comes_is_told()
    {
        EventLog log = new(_home.Paths);
        Append(log, 0, 3);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();

        List<string> seen = [];
        await log.FollowAsync(null, now.AddSeconds(-1), TimeProvider.System, happened =>
        {
            seen.Add(happened.Id);
            return ValueTask.CompletedTask;
        }, CancellationToken.None);

        seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_processes_that_write_at_once_do_not_overwrite_each_other()
    {
        EventLog second = new(_home.Paths);
        EventLog first = new(_home.Paths) { Opened = () => Append(second, 1, 1) };

        Append(first, 2, 1);

        (await AllAsync()).ShouldBe(["001", "002"]);
    }

    /// <summary>Appends until one more makes the file full, and returns how many.</summary>
    private int Fill(EventLog log)
    {
        int count = 0;
        do
        {
            Append(log, count++, 1);
        }
        while (new FileInfo(_home.Paths.EventLog).Length + 125 < Small);
        return count;
    }

    private static void Append(EventLog log, int from, int count)
    {
        foreach (string number in Numbers(from, count))
        {
            log.Append(Event(number));
        }
    }

    private static string[] Numbers(int from, int count) => [.. Enumerable.Range(from, count).Select(static n => $"{n:000}")];

    private static HearthEvent Event(string id) => new(s_start, "container", "start", id, new Dictionary<string, string> { ["name"] = "padding" });

    private async Task<List<string>> AllAsync()
    {
        List<string> all = [];
        await new EventLog(_home.Paths).FollowAsync(s_start, s_start, TimeProvider.System, happened =>
        {
            all.Add(happened.Id);
            return ValueTask.CompletedTask;
        }, CancellationToken.None);
        return all;
    }
}

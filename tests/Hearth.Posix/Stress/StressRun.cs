using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Hearth.Posix.Stress;

/// <summary>
/// Many threads in one tree. Each has files of its own, knows what is in them, and must find them so whatever the others do in the same
/// directories; beside them are shared names, which are always there, and always whole, since they are replaced by rename only.
/// </summary>
public static class StressRun
{
    internal const int Directories = 8, SharedNames = 4;

    /// <summary>Runs in a new directory below <paramref name="directory"/>, and removes it.</summary>
    /// <exception cref="IOException">No directory can be made there.</exception>
    public static StressResult Run(string directory, StressOptions options)
    {
        string root = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Path.GetFullPath(directory))) + $"/stress-{getpid()}-{Environment.CurrentManagedThreadId}";
        Prepare(root);
        using CancellationTokenSource stop = new();
        StressThread[] workers = [.. Enumerable.Range(0, options.Threads).Select(number => new StressThread(root, number, options.Seed))];
        Thread[] threads = [.. workers.Select(worker => new Thread(() => Drive(worker, options.Duration, stop), maxStackSize: 512 << 10))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        List<string> failures = [.. workers.Select(worker => worker.Failure).OfType<string>()];
        if (failures.Count == 0)
        {
            failures.AddRange(Leftovers(root, workers));
        }
        long removed = Tree.Remove(root);
        if (removed < 0)
        {
            failures.Add($"removing the tree: {Describe(removed)}");
        }
        return new StressResult(workers.Sum(worker => worker.Operations), failures);
    }

    private static void Prepare(string root)
    {
        long result = mkdir(root, Octal(755));
        for (int i = 0; i < Directories && result >= 0; i++)
        {
            result = mkdir($"{root}/d{i}", Octal(755));
            for (int name = 0; name < SharedNames && result >= 0; name++)
            {
                result = StressContent.Write($"{root}/d{i}/shared{name}", O_CREAT | O_EXCL | O_WRONLY, StressContent.Of((i * SharedNames) + name, 1000));
            }
        }
        if (result < 0)
        {
            throw new IOException($"{root}: {Describe(result)}");
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "The root of the thread: what happens there is a failure of the run.")]
    private static void Drive(StressThread worker, TimeSpan duration, CancellationTokenSource stop)
    {
        try
        {
            long started = Stopwatch.GetTimestamp();
            while (!stop.IsCancellationRequested && Stopwatch.GetElapsedTime(started) < duration)
            {
                worker.Step();
            }
            worker.CheckAll();
        }
        catch (Exception e)
        {
            worker.Failure = e is StressException ? e.Message : e.ToString();
            stop.Cancel();
        }
    }

    /// <summary>What is in the tree and belongs to nobody, or is in none of the directories.</summary>
    private static IEnumerable<string> Leftovers(string root, StressThread[] workers)
    {
        HashSet<string> expected = [.. workers.SelectMany(worker => worker.Paths)];
        for (int i = 0; i < Directories; i++)
        {
            int descriptor = (int)open($"{root}/d{i}", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            List<DirectoryEntry> entries = [];
            long result = Tree.Read(descriptor, entries);
            _ = close(descriptor);
            if (result < 0)
            {
                yield return $"reading d{i}: {Describe(result)}";
            }
            foreach (DirectoryEntry entry in entries.Where(entry => entry.Name is not ("." or "..") && !entry.Name.StartsWith("shared", StringComparison.Ordinal)))
            {
                if (!expected.Remove($"{root}/d{i}/{entry.Name}"))
                {
                    yield return $"d{i}/{entry.Name} is there, and nobody has it";
                }
            }
        }
        foreach (string lost in expected)
        {
            yield return $"{lost} is lost";
        }
    }
}

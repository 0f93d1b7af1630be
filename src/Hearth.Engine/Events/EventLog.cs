using System.Text.Json;
using Hearth.Core.Storage;
using Hearth.Linux.Files;

namespace Hearth.Engine.Events;

/// <summary>
/// The home's events, <c>events.jsonl</c>: every process appends whole lines in single writes (O_APPEND keeps them apart);
/// readers follow the file. At 8 MiB it becomes <c>events.1.jsonl</c>.
/// </summary>
public sealed class EventLog(HearthPaths paths)
{
    private readonly string _older = Path.ChangeExtension(paths.EventLog, ".1.jsonl");

    /// <summary>Called between the opening of the file and the write: what another process does meanwhile is done here by a test.</summary>
    internal Action? Opened { get; init; }

    /// <summary>Called between the sight of a full file and its renaming; see <see cref="Opened"/>.</summary>
    internal Action? Full { get; init; }

    internal long MaxFileBytes { get; init; } = 8L << 20;

    public void Append(HearthEvent happened)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(happened, EventJson.Default.HearthEvent), (byte)'\n'];
        using DescriptorStream file = new(Descriptors.OpenAppend(paths.EventLog));
        Opened?.Invoke();
        file.Write(line);
        if (IsFull())
        {
            Full?.Invoke();
            Rotate();
        }
    }

    /// <summary>
    /// One process renames, after a second look: the file of that name may be another's new one by now, and renaming that too
    /// would throw the full one away. Nobody waits for the lock; who holds it does what is to be done.
    /// </summary>
    private void Rotate()
    {
        using FileLock? rotating = FileLock.TryAcquire(Path.Combine(paths.Locks, "events"));
        if (rotating is not null && IsFull())
        {
            File.Move(paths.EventLog, _older, overwrite: true);
        }
    }

    private bool IsFull() => FileStatus.TryRead(paths.EventLog, follow: true, out FileStatus status) && status.SizeBytes > MaxFileBytes;

    /// <summary>Gives every event since a time, in order; with no end it goes on with those to come until cancelled.</summary>
    /// <param name="since">Null: only what is to come.</param>
    /// <param name="until">Null: no end.</param>
    public async Task FollowAsync(
        DateTimeOffset? since, DateTimeOffset? until, TimeProvider time, Func<HearthEvent, ValueTask> sink, CancellationToken cancellationToken)
    {
        using FollowedFile changes = new(paths.Home, "events*.jsonl");
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (until is { } last)
        {
            TimeSpan left = last - time.GetUtcNow();
            end.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }

        DateTimeOffset from = since ?? time.GetUtcNow();
        using RotatedLines lines = new(paths.EventLog, _older);
        if (since is null)
        {
            lines.SkipToEnd();
        }

        while (true)
        {
            await lines.ReadAsync(Give, cancellationToken);
            try
            {
                await changes.ChangedAsync(end.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }

        ValueTask Give(ReadOnlyMemory<byte> line) =>
            Parse(line.Span) is { } happened && happened.Time >= from && !(happened.Time > until) ? sink(happened) : ValueTask.CompletedTask;
    }

    private static HearthEvent? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, EventJson.Default.HearthEvent);
        }
        catch (JsonException)
        {
            return null; // A line torn by a crash of the host.
        }
    }
}

using System.Text.Json;
using Hearth.Core.Storage;

namespace Hearth.Engine.Events;

/// <summary>
/// The home's events, <c>events.jsonl</c>: every process appends whole lines in single writes (O_APPEND keeps them apart);
/// readers follow the file. At 8 MiB it becomes <c>events.1.jsonl</c>.
/// </summary>
public sealed class EventLog(HearthPaths paths)
{
    private const long MaxFileBytes = 8L << 20;

    public void Append(HearthEvent happened)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(happened, EventJson.Default.HearthEvent), (byte)'\n'];
        FileStreamOptions options = new()
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using FileStream file = new(paths.EventLog, options);
        file.Write(line);
        if (file.Length > MaxFileBytes)
        {
            File.Move(paths.EventLog, Path.ChangeExtension(paths.EventLog, ".1.jsonl"), overwrite: true);
        }
    }

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
        Cursor cursor = new();
        if (since is not null)
        {
            await ReadAsync(Path.ChangeExtension(paths.EventLog, ".1.jsonl"), new Cursor(), from, until, sink);
        }
        else if (File.Exists(paths.EventLog))
        {
            cursor.Offset = new FileInfo(paths.EventLog).Length;
        }

        while (true)
        {
            await ReadAsync(paths.EventLog, cursor, from, until, sink);
            try
            {
                await changes.ChangedAsync(end.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static async Task ReadAsync(
        string path, Cursor cursor, DateTimeOffset from, DateTimeOffset? until, Func<HearthEvent, ValueTask> sink)
    {
        byte[] fresh;
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            cursor.Offset = file.Length < cursor.Offset ? 0 : cursor.Offset;
            file.Position = cursor.Offset;
            fresh = new byte[file.Length - cursor.Offset];
            await file.ReadExactlyAsync(fresh);
        }
        catch (FileNotFoundException)
        {
            return;
        }

        int start = 0;
        for (int end; (end = Array.IndexOf(fresh, (byte)'\n', start)) >= 0; start = end + 1)
        {
            if (Parse(fresh.AsSpan(start, end - start)) is { } happened && happened.Time >= from && (until is null || happened.Time <= until))
            {
                await sink(happened);
            }
        }

        cursor.Offset += start;
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

    private sealed class Cursor
    {
        public long Offset { get; set; }
    }
}

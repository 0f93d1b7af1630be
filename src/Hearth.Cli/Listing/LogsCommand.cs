using System.CommandLine;
using System.Globalization;
using System.Text;
using Hearth.Core.Errors;
using Hearth.Engine.Logs;
using Hearth.Engine.Store;

namespace Hearth.Cli.Listing;

/// <summary><c>hearth logs</c>: bytes as the container wrote them, standard error to standard error.</summary>
internal static class LogsCommand
{
    public static Command Create(CliContext context)
    {
        Option<bool> follow = new("--follow", "-f") { Description = "Go on until the VM has ended" };
        Option<string?> tail = new("--tail", "-n") { Description = "Only so many of the last lines; all" };
        Option<string?> since = new("--since") { Description = "From this time, or so long ago (10m)" };
        Option<string?> until = new("--until") { Description = "Up to this time, or so long ago" };
        Option<bool> timestamps = new("--timestamps", "-t") { Description = "Put the time before each line" };
        Argument<string> name = new("VM") { Description = "Name or id" };
        HearthCommand command = new("logs", "Show what a container wrote.", "hearth logs -f web", "hearth logs --tail 20 --since 10m web")
        {
            follow, tail, since, until, timestamps, name,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            LogQuery query = new(
                parsed.GetValue(follow),
                ParseTail(parsed.GetValue(tail)),
                TimeBound.Parse("--since", parsed.GetValue(since), context.Time),
                TimeBound.Parse("--until", parsed.GetValue(until), context.Time));
            VmStore store = HearthHome.Open(context.Paths).Vms;
            await using LogPrinter printer = new(parsed.GetValue(timestamps), query.Follow);
            await LogReader.ReadAsync(store, store.Find(parsed.GetRequiredValue(name)), query, printer.WriteAsync, cancellation);
            return 0;
        });
        return command;
    }

    /// <exception cref="HearthException"><c>logs.tail</c>.</exception>
    public static int? ParseTail(string? text)
    {
        if (text is null or "" or "all")
        {
            return null;
        }

        bool valid = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int lines);
        return valid ? lines < 0 ? null : lines : throw new HearthException("logs.tail", $"--tail {text}: not a number of lines.", "Give a number, or 'all'.", ExitCodes.Usage);
    }

    /// <summary>Writes to the process's own streams, because a TextWriter would spoil bytes that are not UTF-8.</summary>
    private sealed class LogPrinter(bool timestamps, bool isFollowed) : IAsyncDisposable
    {
        private readonly BufferedStream _output = new(Console.OpenStandardOutput(), 64 * 1024);
        private readonly Stream _error = Console.OpenStandardError();

        public async ValueTask WriteAsync(LogEntry entry)
        {
            if (entry.IsError)
            {
                await _output.FlushAsync(CancellationToken.None);
            }

            Stream target = entry.IsError ? _error : _output;
            if (timestamps)
            {
                string time = entry.Time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffff'00Z '", CultureInfo.InvariantCulture);
                await target.WriteAsync(Encoding.ASCII.GetBytes(time), CancellationToken.None);
            }

            await target.WriteAsync(entry.Bytes, CancellationToken.None);
            if (isFollowed)
            {
                await _output.FlushAsync(CancellationToken.None);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _output.DisposeAsync();
            await _error.DisposeAsync();
        }
    }
}

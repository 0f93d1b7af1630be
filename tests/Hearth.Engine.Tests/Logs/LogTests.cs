using System.Text;
using Hearth.Engine.Logs;
using Hearth.Engine.Store;

namespace Hearth.Engine.Tests.Logs;

public sealed class LogTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly VmModel _vm;

    public LogTests() => _vm = _home.Vms.Create(TemporaryHome.Spec("web"));

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Lines_split_over_writes_come_back_whole_and_apart_by_stream()
    {
        Write(l =>
        {
            l.Write(false, "one\ntw"u8);
            l.Write(true, "error\n"u8);
            l.Write(false, "o\nno end"u8);
            l.Finish();
        });
        List<LogEntry> entries = await ReadAsync(new LogQuery());
        entries.Select(e => (e.IsError, Encoding.UTF8.GetString(e.Bytes.Span)))
            .ShouldBe([(false, "one\n"), (true, "error\n"), (false, "two\n"), (false, "no end")]);
    }

    [Fact]
    public async Task Every_byte_value_survives()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        Write(l =>
        {
            l.Write(false, all);
            l.Finish();
        });
        (await ReadAsync(new LogQuery())).SelectMany(e => e.Bytes.ToArray()).ShouldBe(all);
    }

    [Fact]
    public async Task Zeros_take_less_than_twice_their_size()
    {
        byte[] zeros = new byte[100_000];
        Write(l =>
        {
            l.Write(false, zeros);
            l.Finish();
        });
        new FileInfo(_vm.LogFile).Length.ShouldBeLessThan(2 * zeros.Length);
        (await ReadAsync(new LogQuery())).SelectMany(e => e.Bytes.ToArray()).ShouldBe(zeros);
    }

    [Fact]
    public async Task A_line_longer_than_16_KiB_is_cut_and_nothing_is_lost()
    {
        byte[] line = [.. Enumerable.Repeat((byte)'x', 100_000)];
        Write(l =>
        {
            l.Write(false, line);
            l.Finish();
        });
        List<LogEntry> entries = await ReadAsync(new LogQuery());
        entries.Max(e => e.Bytes.Length).ShouldBe(16 * 1024);
        entries.Sum(e => e.Bytes.Length).ShouldBe(line.Length);
    }

    [Fact]
    public async Task Tail_gives_the_last_lines()
    {
        Write(l => l.Write(false, "1\n2\n3\n4\n"u8));
        List<LogEntry> entries = await ReadAsync(new LogQuery(Tail: 2));
        entries.Select(e => Encoding.UTF8.GetString(e.Bytes.Span)).ShouldBe(["3\n", "4\n"]);
        (await ReadAsync(new LogQuery(Tail: 0))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_torn_last_line_is_passed_over()
    {
        Write(l => l.Write(false, "whole\n"u8));
        await File.AppendAllTextAsync(_vm.LogFile, "{\"time\":\"2026-01-0");
        (await ReadAsync(new LogQuery())).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Following_a_vm_that_has_ended_ends()
    {
        Write(l => l.Write(false, "last words\n"u8));
        (await ReadAsync(new LogQuery(Follow: true)).WaitAsync(TimeSpan.FromSeconds(30))).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_follower_that_is_slow_reads_on_through_renamings(int renamings)
    {
        // While the reader is in the middle of the file the writer fills it and goes on; before, what came after the reader's
        // place in a file of the same name was lost.
        using LogWriter log = new(_vm.LogFile, TimeProvider.System, maxFileBytes: 400);
        log.Write(false, "first\n"u8);
        string padding = new('.', 200);
        List<string> seen = [];
        int written = 0;

        await LogReader.ReadAsync(_home.Vms, _vm, new LogQuery(Follow: true), entry =>
        {
            seen.Add(Encoding.UTF8.GetString(entry.Bytes.Span).TrimEnd('\n', '.'));
            if (seen is ["first"])
            {
                for (; written < 1 + (2 * renamings); written++)
                {
                    log.Write(false, Encoding.UTF8.GetBytes($"{written}{padding}\n"));
                }
            }

            return ValueTask.CompletedTask;
        }, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));

        File.Exists(LogWriter.OlderFile(_vm.LogFile)).ShouldBeTrue();
        seen.ShouldBe(["first", .. Enumerable.Range(0, written).Select(static n => $"{n}")]);
    }

    [Fact]
    public async Task What_was_read_before_a_renaming_is_not_read_again()
    {
        using LogWriter log = new(_vm.LogFile, TimeProvider.System, maxFileBytes: 400);
        using RotatedLines lines = new(_vm.LogFile, LogWriter.OlderFile(_vm.LogFile));
        int count = 0;
        ValueTask Count(ReadOnlyMemory<byte> line)
        {
            count++;
            return ValueTask.CompletedTask;
        }

        for (int written = 1; written <= 40; written++)
        {
            log.Write(false, "a line of its own\n"u8);
            await lines.ReadAsync(Count, CancellationToken.None);
            count.ShouldBe(written);
        }
    }

    [Fact]
    public void An_entry_has_the_documented_form()
    {
        Write(l => l.Write(true, "h\u00e9llo \"x\"\n"u8), new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        File.ReadAllText(_vm.LogFile).ShouldBe("{\"time\":\"2026-01-02T03:04:05+00:00\",\"stream\":\"stderr\",\"text\":\"h\u00e9llo \\\"x\\\"\\n\"}\n");
    }

    private void Write(Action<LogWriter> write, DateTimeOffset? now = null)
    {
        using LogWriter log = new(_vm.LogFile, new FixedTime(now ?? new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)));
        write(log);
    }

    private async Task<List<LogEntry>> ReadAsync(LogQuery query)
    {
        List<LogEntry> entries = [];
        await LogReader.ReadAsync(_home.Vms, _vm, query, e =>
        {
            entries.Add(e with { Bytes = e.Bytes.ToArray() });
            return ValueTask.CompletedTask;
        }, CancellationToken.None);
        return entries;
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}

using Hearth.Linux;
using Hearth.Linux.Memory;

namespace Hearth.Kernel.Tests.Memory;

/// <summary>A private mapping of a file in this process, as a guest's memory is one in its VMM.</summary>
public sealed class ProcessMemoryTests : IDisposable
{
    /// <summary>Every other page of them is more ranges than one scan takes.</summary>
    private const int Pages = 3 * 4096;
    private const int Bytes = Pages * PageRun.PageBytes;

    private readonly string _file = Path.GetTempFileName();
    private readonly nint _address;
    private readonly ProcessMemory _memory;
    private readonly MemoryMapping _mapping;

    public ProcessMemoryTests()
    {
        using (FileStream file = File.OpenWrite(_file))
        {
            file.SetLength(Bytes);
        }

        using (FileStream file = File.OpenRead(_file))
        {
            _address = Libc.map_memory(0, Bytes, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE, (int)file.SafeFileHandle.DangerousGetHandle(), 0);
        }

        _address.ShouldNotBe(-1);
        _memory = ProcessMemory.Open(Environment.ProcessId);
        _mapping = _memory.FindFile(_file, Bytes).ShouldNotBeNull();
    }

    public static TheoryData<string, Func<int, bool>> Patterns => new()
    {
        { "none", static _ => false },
        { "all", static _ => true },
        { "every other", static page => page % 2 == 0 },
        { "the last", static page => page == Pages - 1 },
        { "runs of many lengths", static page => (int)Math.Sqrt(page) % 3 == 1 },
    };

    [SkippableTheory]
    [MemberData(nameof(Patterns))]
    public void Scan_and_pagemap_find_the_pages_that_were_written(string name, Func<int, bool> isWritten)
    {
        name.ShouldNotBeEmpty();
        Touch(isWritten);
        int[] written = [.. Enumerable.Range(0, Pages).Where(isWritten)];

        PagesOf(_memory.ReadPagemap(_mapping)).ShouldBe(written);
        List<PageRun>? scanned = _memory.TryScanPages(_mapping);
        Skip.If(scanned is null && Environment.OSVersion.Version < new Version(6, 7), "the kernel is older than 6.7");
        scanned.ShouldBe(_memory.ReadPagemap(_mapping));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(Pages)]
    public void Pages_are_read_one_after_another_whatever_room_there_is(int pagesAtOnce)
    {
        Touch(static page => page % 3 != 0);
        List<PageRun> runs = _memory.PrivatePages(_mapping);
        List<int> read = [];
        using ReadyMemory room = new(pagesAtOnce * PageRun.PageBytes);
        PageCursor cursor = default;
        for (int got; (got = _memory.ReadPages(_mapping, runs, ref cursor, room.Span)) > 0;)
        {
            for (int at = 0; at < got; at += PageRun.PageBytes)
            {
                read.Add(BitConverter.ToInt32(room.Span[at..]) - 1);
            }
        }

        read.ShouldBe(PagesOf(runs));
    }

    public void Dispose()
    {
        _memory.Dispose();
        _ = Libc.unmap_memory(_address, Bytes);
        File.Delete(_file);
    }

    /// <summary>Writes its number and one into each page that is to be written, and reads the others.</summary>
    private unsafe void Touch(Func<int, bool> isWritten)
    {
        // SAFETY: the mapping has that many bytes until this test is disposed.
        Span<byte> memory = new((void*)_address, Bytes);
        for (int page = 0; page < Pages; page++)
        {
            Span<byte> bytes = memory.Slice(page * PageRun.PageBytes, PageRun.PageBytes);
            if (isWritten(page))
            {
                BitConverter.TryWriteBytes(bytes, page + 1).ShouldBeTrue();
            }
            else
            {
                bytes[0].ShouldBe((byte)0);
            }
        }
    }

    private static IEnumerable<int> PagesOf(IEnumerable<PageRun> runs) => runs.SelectMany(static run => Enumerable.Range((int)run.First, (int)run.Count));
}

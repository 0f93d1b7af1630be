using System.Text;
using Hearth.Posix.Workers;

namespace Hearth.Posix.Areas;

/// <summary>read(2), write(2), lseek(2), copy_file_range(2), fsync(2): content.</summary>
internal static class IoArea
{
    public static Area Area { get; } = new("io",
    [
        new("two processes that append lose nothing", AppendBoth),
        new("O_APPEND goes to the end, wherever the position and the others are", Append),
        new("what one descriptor writes another reads at once", Coherent),
        new("another process reads what was written, at once", CoherentProcess),
        new("a write beyond the end leaves zeros between", Sparse),
        new("every length and place around a page", AroundPages),
        new("large reads and writes are whole", Large),
        new("files of more than 4 GiB", MoreThanFour),
        new("SEEK_DATA and SEEK_HOLE", DataAndHole),
        new("copy_file_range within and between files", CopyRange),
        new("copy_file_range with what cannot be", CopyRangeErrors),
        new("sendfile", SendFile),
        new("O_DIRECT sees and is seen", Direct),
        new("fsync, fdatasync and syncfs", Syncs),
        new("O_SYNC and O_DSYNC write what is read", Synchronous),
        new("flags that are changed later", ChangedFlags),
        new("a hole of the whole file reads as zeros", HoleOnly),
        new("eight threads write their own parts", Threads),
    ]);

    private static void AppendBoth(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        string path = scene.File();
        string theirs = new('b', 40), ours = new('a', 40);
        long other = scene.Must(worker.Do($"open {path} {O_WRONLY | O_APPEND}"), "open by the worker");
        int own = scene.Open(path, O_WRONLY | O_APPEND);
        byte[] record = Encoding.Latin1.GetBytes(ours + "\n");
        worker.Send($"append {other} {theirs} 500");
        int whole = 0;
        for (int i = 0; i < 500; i++)
        {
            whole += write(own, record) == record.Length ? 1 : 0;
        }
        scene.Equal(500, whole);
        scene.Equal(500L, worker.Await());
        string[] lines = scene.Content(path).TrimEnd('\n').Split('\n');
        scene.Equal(1000, lines.Length);
        scene.Equal((500, 500), (lines.Count(line => line == ours), lines.Count(line => line == theirs)));
    }

    private static void Append(Scene scene)
    {
        string path = scene.File("start");
        int one = scene.Open(path, O_RDWR | O_APPEND);
        int two = scene.Open(path, O_WRONLY | O_APPEND);
        int three = scene.Open(path, O_WRONLY);
        scene.Equal(0, lseek(one, 0, SEEK_SET));
        scene.Equal(1, write(one, "1"u8));
        scene.Equal(6, lseek(one, 0, SEEK_CUR));
        scene.Equal(1, write(two, "2"u8));
        scene.Equal(1, pwrite(three, "S"u8, 0));
        scene.Equal(1, write(one, "3"u8));
        scene.Equal("Start123", scene.Content(path));
        // pwrite(2), BUGS: on Linux an appending descriptor appends, whatever the offset.
        scene.Equal(1, pwrite(one, "4"u8, 0));
        scene.Equal("Start1234", scene.Content(path));
        scene.Ok(ftruncate(one, 2));
        scene.Equal(1, write(two, "5"u8));
        scene.Equal("St5", scene.Content(path));
    }

    private static void Coherent(Scene scene)
    {
        string path = scene.File();
        int writer = scene.Open(path, O_WRONLY);
        int reader = scene.Open(path, O_RDONLY);
        byte[] buffer = new byte[64];
        for (int i = 1; i <= 50; i++)
        {
            scene.Equal(1, write(writer, [(byte)i]));
            scene.Equal(i, pread(reader, buffer, 0));
            scene.Equal((byte)i, buffer[i - 1]);
            scene.Equal(i, scene.Status(path).Size);
            scene.Equal(i, lseek(reader, 0, SEEK_END));
        }
        scene.Ok(ftruncate(writer, 3));
        scene.Equal(3, pread(reader, buffer, 0));
        scene.Equal(0, pread(reader, buffer, 3));
    }

    private static void CoherentProcess(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        string path = scene.File("start");
        int own = scene.Open(path, O_RDWR);
        long other = scene.Must(worker.Do($"open {path} {O_RDWR}"), "open by the worker");
        byte[] buffer = new byte[16];
        for (int i = 0; i < 10; i++)
        {
            string text = $"own{i}";
            scene.Equal(4, pwrite(own, Encoding.Latin1.GetBytes(text), i * 4));
            scene.Equal($"4 {text}", worker.Ask($"read {other} {i * 4} 4"));
            scene.Equal(4L, worker.Do($"write {other} {i * 4} oth{i}"));
            scene.Equal(4, pread(own, buffer.AsSpan(0, 4), i * 4));
            scene.Equal($"oth{i}", Encoding.Latin1.GetString(buffer, 0, 4));
        }
    }

    private static void Sparse(Scene scene)
    {
        foreach (int offset in new[] { 1, 100, 4095, 4096, 100_000, 1_000_000 })
        {
            string path = scene.File("x");
            int descriptor = scene.Open(path, O_RDWR);
            scene.At($"{offset}");
            scene.Equal(1, pwrite(descriptor, "y"u8, offset));
            string content = scene.Content(path);
            scene.Equal(offset + 1, content.Length);
            scene.That(content[1..offset].All(one => one == '\0'), "zeros between");
            scene.Equal(('x', 'y'), (content[0], content[^1]));
        }
    }

    private static void AroundPages(Scene scene)
    {
        string path = scene.File();
        int descriptor = scene.Open(path, O_RDWR);
        byte[] model = [];
        byte[] seen = new byte[70_000];
        byte fill = 0;
        foreach (int offset in new[] { 0, 1, 511, 4095, 4096, 4097, 8191, 16_384, 65_535 })
        {
            foreach (int length in new[] { 1, 2, 511, 513, 4095, 4096, 4097 })
            {
                fill++;
                byte[] data = new byte[length];
                Array.Fill(data, fill);
                scene.Equal(length, pwrite(descriptor, data, offset), $"pwrite of {length} at {offset}");
                Array.Resize(ref model, Math.Max(model.Length, offset + length));
                data.CopyTo(model, offset);
                scene.Equal(model.Length, pread(descriptor, seen, 0), $"length after {length} at {offset}");
                scene.That(seen.AsSpan(0, model.Length).SequenceEqual(model), $"content after {length} at {offset}");
            }
        }
    }

    private static void Large(Scene scene)
    {
        string path = scene.File();
        int descriptor = scene.Open(path, O_RDWR);
        byte[] data = new byte[5_000_001];
        new Random(5).NextBytes(data);
        scene.Equal(data.Length, write(descriptor, data));
        byte[] seen = new byte[data.Length + 10];
        scene.Equal(data.Length, pread(descriptor, seen, 0));
        scene.That(seen.AsSpan(0, data.Length).SequenceEqual(data), "content of 5 MB");
        scene.Equal(1_000_000, pread(descriptor, seen.AsSpan(0, 1_000_000), 3_333_333));
        scene.That(seen.AsSpan(0, 1_000_000).SequenceEqual(data.AsSpan(3_333_333, 1_000_000)), "content from the middle");
        scene.Ok(fsync(descriptor));
        scene.Equal(data.Length, scene.Status(path).Size);
    }

    private static void MoreThanFour(Scene scene)
    {
        string path = scene.File();
        int descriptor = scene.Open(path, O_RDWR);
        byte[] buffer = new byte[8];
        foreach (long offset in new[] { (1L << 31) - 2, (1L << 32) - 3, 1L << 32, 5L << 30, (1L << 33) + 5, 1L << 40 })
        {
            scene.At($"{offset}");
            scene.Equal(8, pwrite(descriptor, BitConverter.GetBytes(offset), offset));
            scene.Equal(offset + 8, scene.Status(path).Size);
            scene.Equal(offset + 8, lseek(descriptor, 0, SEEK_END));
            scene.Equal(8, pread(descriptor, buffer, offset));
            scene.Equal(offset, BitConverter.ToInt64(buffer));
        }
        scene.Equal(8, pread(descriptor, buffer, (1L << 31) - 2));
        scene.Equal((1L << 31) - 2, BitConverter.ToInt64(buffer));
        scene.Equal(8, pread(descriptor, buffer, 1L << 20));
        scene.Equal(0L, BitConverter.ToInt64(buffer));
        scene.That(scene.Status(path).Blocks * 512 < 1 << 20, "the file stays sparse");
        scene.Ok(ftruncate(descriptor, (1L << 32) + 4));
        scene.Equal(4, pread(descriptor, buffer, 1L << 32));
        scene.Equal((1L << 32) + 4, scene.Status(path).Size);
    }

    private static void DataAndHole(Scene scene)
    {
        string path = scene.File();
        int descriptor = scene.Open(path, O_RDWR);
        scene.Must(ftruncate(descriptor, 1 << 20));
        byte[] block = new byte[1 << 16];
        Array.Fill(block, (byte)'d');
        scene.Equal(block.Length, pwrite(descriptor, block, 1 << 18));
        scene.Ok(fsync(descriptor));
        long data = lseek(descriptor, 0, SEEK_DATA);
        scene.Equal((1L << 18) + 100, lseek(descriptor, (1 << 18) + 100, SEEK_DATA));
        scene.Fails(ENXIO, lseek(descriptor, 1 << 20, SEEK_DATA));
        scene.Fails(ENXIO, lseek(descriptor, 1 << 20, SEEK_HOLE));
        if (data == 0)
        {
            Skip("holes are not told apart here: all is data, which lseek(2) allows");
        }
        scene.Equal(1L << 18, data);
        scene.Equal(0L, lseek(descriptor, 0, SEEK_HOLE));
        scene.Equal((1L << 18) + (1 << 16), lseek(descriptor, 1 << 18, SEEK_HOLE));
        scene.Fails(ENXIO, lseek(descriptor, (1 << 18) + (1 << 16), SEEK_DATA));
        scene.Ok(ftruncate(descriptor, (1 << 18) + 1000));
        scene.Equal((1L << 18) + 1000, lseek(descriptor, 1 << 18, SEEK_HOLE), "the end is a hole");
    }

    private static void CopyRange(Scene scene)
    {
        string source = scene.File(string.Concat(Enumerable.Range(0, 30_000).Select(i => (char)('a' + (i % 26)))));
        string content = scene.Content(source);
        int from = scene.Open(source, O_RDWR);
        SkipUnless(copy_file_range(from, 0, scene.Open(scene.File(), O_RDWR), 0, 1), "copy_file_range");
        foreach ((int start, int target, int length) in new[] { (0, 0, 30_000), (1, 0, 100), (0, 1, 100), (4096, 8192, 4096), (29_999, 5, 1), (29_990, 0, 100), (30_000, 0, 10), (123, 4567, 20_000) })
        {
            string path = scene.File("start");
            int to = scene.Open(path, O_RDWR);
            int expected = Math.Min(length, 30_000 - start);
            scene.At($"{length} from {start} to {target}");
            scene.Equal((long)expected, copy_file_range(from, start, to, target, length));
            string seen = scene.Content(path);
            scene.That(seen.Length >= target + expected && seen.Substring(target, expected) == content.Substring(start, expected), "content");
            scene.Equal(0, lseek(to, 0, SEEK_CUR), "the position stays");
        }
        scene.At("by position");
        int last = scene.Open(scene.File(), O_RDWR);
        scene.Equal(10, lseek(from, 10, SEEK_SET));
        scene.Equal(100, copy_file_range(from, last, 100));
        scene.Equal((110L, 100L), (lseek(from, 0, SEEK_CUR), lseek(last, 0, SEEK_CUR)));
        scene.At("within the file");
        scene.Equal(5000, copy_file_range(from, 0, from, 20_000, 5000));
        scene.That(scene.Content(source) == content[..20_000] + content[..5000] + content[25_000..], "content");
    }

    private static void CopyRangeErrors(Scene scene)
    {
        string path = scene.File("0123456789");
        int from = scene.Open(path, O_RDONLY);
        int to = scene.Open(scene.File(), O_WRONLY);
        SkipUnless(copy_file_range(from, 0, to, 0, 1), "copy_file_range");
        int both = scene.Open(path, O_RDWR);
        scene.Fails(EBADF, copy_file_range(to, 0, to, 0, 1));
        scene.Fails(EBADF, copy_file_range(from, 0, from, 0, 1));
        scene.Fails(EINVAL, copy_file_range(both, 0, both, 5, 8));
        scene.Fails(EINVAL, copy_file_range(from, 0, to, 0, 1, flags: 1));
        scene.Fails(EBADF, copy_file_range(from, 0, scene.Open(scene.File(), O_WRONLY | O_APPEND), 0, 1));
        scene.Fails(EISDIR, copy_file_range(scene.Open(scene.Folder(), O_RDONLY), 0, to, 0, 1));
        scene.Fails(EINVAL, copy_file_range(scene.Open(scene.Make(FileKind.Fifo), O_RDWR | O_NONBLOCK), 0, to, 0, 1));
    }

    private static void SendFile(Scene scene)
    {
        string text = new('s', 100_000);
        int from = scene.Open(scene.File(text), O_RDONLY);
        string path = scene.File();
        int to = scene.Open(path, O_WRONLY);
        long sent = 0;
        while (sendfile(to, from, 200_000) is > 0 and var more)
        {
            sent += more;
        }
        scene.Equal(100_000L, sent);
        scene.That(scene.Content(path) == text, "content");
    }

    private static void Direct(Scene scene)
    {
        string path = scene.File(new string('a', 16_384));
        long opened = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
        if (opened == -EINVAL)
        {
            Skip("no O_DIRECT here (EINVAL)");
        }
        int direct = scene.Keep(scene.Must(opened));
        int buffered = scene.Open(path, O_RDWR);
        byte[] room = GC.AllocateArray<byte>(3 * 4096, pinned: true);
        int shift = Aligned(room);
        Span<byte> page = room.AsSpan(shift, 4096);
        scene.Equal(4096, pread(direct, page, 4096));
        scene.That(page.IndexOfAnyExcept((byte)'a') < 0);
        page.Fill((byte)'b');
        scene.Equal(4096, pwrite(direct, page, 4096));
        byte[] seen = new byte[16_384];
        scene.Equal(16_384, pread(buffered, seen, 0));
        scene.Equal((byte)'a', seen[4095]);
        scene.That(seen.AsSpan(4096, 4096).IndexOfAnyExcept((byte)'b') < 0);
        scene.Equal(3, pwrite(buffered, "ccc"u8, 8192));
        scene.Equal(4096, pread(direct, page, 8192));
        scene.That(page[..4].SequenceEqual("ccca"u8), "what was written through the cache");
        scene.Equal(0, pread(direct, page, 16_384));
    }

    private static unsafe int Aligned(byte[] pinned)
    {
        // SAFETY: the address is looked at only; the array is pinned.
        fixed (byte* p = pinned)
        {
            return (int)((4096 - ((nint)p & 4095)) & 4095);
        }
    }

    private static void Syncs(Scene scene)
    {
        string path = scene.File("content");
        foreach (int flags in new[] { O_RDONLY, O_WRONLY, O_RDWR })
        {
            int descriptor = scene.Open(path, flags);
            scene.At($"{flags}");
            scene.Ok(fsync(descriptor));
            scene.Ok(fdatasync(descriptor));
            scene.Ok(syncfs(descriptor));
        }
        int folder = scene.Open(".", O_RDONLY | O_DIRECTORY);
        scene.At("directory");
        scene.Ok(fsync(folder));
        scene.Ok(fdatasync(folder));
        scene.Ok(syncfs(folder));
        scene.Fails(EBADF, fsync(-1));
        scene.Fails(EBADF, syncfs(-1));
        scene.Fails(EINVAL, fsync(scene.Open(scene.Make(FileKind.Fifo), O_RDWR | O_NONBLOCK)));
    }

    private static void Synchronous(Scene scene)
    {
        foreach (int flags in new[] { O_SYNC, O_DSYNC })
        {
            string path = scene.File();
            int descriptor = scene.Open(path, O_WRONLY | flags);
            for (int i = 0; i < 10; i++)
            {
                scene.Equal(5, write(descriptor, "12345"u8));
            }
            scene.Equal(50, scene.Content(path).Length);
        }
    }

    private static void ChangedFlags(Scene scene)
    {
        string path = scene.File("0123");
        int descriptor = scene.Open(path, O_RDWR);
        scene.Ok(fcntl(descriptor, F_SETFL, O_APPEND));
        scene.Equal((long)O_APPEND, fcntl(descriptor, F_GETFL) & O_APPEND);
        scene.Equal(1, write(descriptor, "4"u8));
        scene.Ok(fcntl(descriptor, F_SETFL, 0));
        scene.Equal(0, lseek(descriptor, 0, SEEK_SET));
        scene.Equal(1, write(descriptor, "X"u8));
        scene.Equal("X1234", scene.Content(path));
    }

    private static void HoleOnly(Scene scene)
    {
        string path = scene.File();
        scene.Must(truncate(path, 300_000));
        scene.That(scene.Content(path) == new string('\0', 300_000));
        scene.That(scene.Status(path).Blocks * 512 < 300_000, "a hole takes no blocks");
    }

    private static void Threads(Scene scene)
    {
        string path = scene.File();
        int descriptor = scene.Open(path, O_RDWR);
        Thread[] threads = [.. Enumerable.Range(0, 8).Select(number => new Thread(() =>
        {
            byte[] own = new byte[1000];
            Array.Fill(own, (byte)('a' + number));
            for (int i = 0; i < 50; i++)
            {
                _ = pwrite(descriptor, own, ((i * 8) + number) * 1000L);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        string content = scene.Content(path);
        scene.Equal(400_000, content.Length);
        for (int i = 0; i < 400; i++)
        {
            scene.That(content.AsSpan(i * 1000, 1000).IndexOfAnyExcept((char)('a' + (i % 8))) < 0, $"part {i}");
        }
    }
}

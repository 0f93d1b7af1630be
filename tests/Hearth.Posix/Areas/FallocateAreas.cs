namespace Hearth.Posix.Areas;

/// <summary>posix_fallocate(3), as the call below it, and the modes of fallocate(2).</summary>
internal static class FallocateAreas
{
    public static Area PosixFallocate { get; } = new("posix_fallocate",
    [
        new("grows the file with zeros and keeps what is there", Grows),
        new("ranges that cannot be are EINVAL or EFBIG", Ranges),
        new("wants a regular file that is open to write", WrongFile),
        new("times move when it grows", TimesOf),
        new("blocks are there after it", Reserves),
        new("works on a file that may not be opened to write", OpenedBefore, Needs.Users),
    ]);

    public static Area Fallocate { get; } = new("fallocate",
    [
        new("KEEP_SIZE reserves beyond the end", KeepSize),
        new("PUNCH_HOLE makes zeros and gives blocks back", PunchHole),
        new("PUNCH_HOLE at odd borders", PunchOdd),
        new("ZERO_RANGE makes zeros, with and without growing", ZeroRange),
        new("modes that contradict", BadModes),
        new("times move with a punched hole", PunchTimes),
        new("set-user-ID is cleared for others than root", ClearsSetId, Needs.Users),
    ]);

    private static int Begin(Scene scene, string content, out string path)
    {
        path = scene.File(content);
        int descriptor = scene.Open(path, O_RDWR);
        int probe = scene.Open(scene.File(), O_RDWR);
        SkipUnless(fallocate(probe, 0, 0, 1), "fallocate");
        return descriptor;
    }

    private static void Grows(Scene scene)
    {
        int descriptor = Begin(scene, "content", out string path);
        foreach ((long offset, long length, long size) in new[] { (0L, 3L, 7L), (0, 7, 7), (3, 10, 13), (5000, 1, 5001), (4096, 4096, 8192), (0, 100, 8192), (100_000, 20_000, 120_000) })
        {
            scene.At($"{offset} {length}");
            scene.Ok(fallocate(descriptor, 0, offset, length));
            scene.Equal(size, scene.Status(path).Size);
            string content = scene.Content(path);
            scene.Equal("content", content[..7]);
            scene.That(content[7..].All(one => one == '\0'), "zeros after the content");
        }
    }

    private static void Ranges(Scene scene)
    {
        int descriptor = Begin(scene, "content", out string path);
        scene.Fails(EINVAL, fallocate(descriptor, 0, 0, 0));
        scene.Fails(EINVAL, fallocate(descriptor, 0, 0, -1));
        scene.Fails(EINVAL, fallocate(descriptor, 0, -1, 1));
        scene.Fails(EFBIG, fallocate(descriptor, 0, long.MaxValue, 1));
        scene.Fails(EFBIG, fallocate(descriptor, 0, 1, long.MaxValue));
        scene.Equal("content", scene.Content(path));
    }

    private static void WrongFile(Scene scene)
    {
        _ = Begin(scene, "content", out string path);
        scene.Fails(EBADF, fallocate(scene.Open(path, O_RDONLY), 0, 0, 10));
        scene.Fails(EBADF, fallocate(-1, 0, 0, 10));
        scene.Fails(EBADF, fallocate(scene.Open(scene.Folder(), O_RDONLY), 0, 0, 10));
        scene.Fails(ESPIPE, fallocate(scene.Open(scene.Make(FileKind.Fifo), O_RDWR | O_NONBLOCK), 0, 0, 10));
    }

    private static void TimesOf(Scene scene)
    {
        int descriptor = Begin(scene, "content", out string path);
        scene.Touches(Times.Content, path, () => fallocate(descriptor, 0, 0, 10_000), "fallocate that grows");
    }

    private static void Reserves(Scene scene)
    {
        int descriptor = Begin(scene, "", out string path);
        scene.Ok(fallocate(descriptor, 0, 0, 1 << 20));
        scene.That(scene.Status(path).Blocks * 512 >= 1 << 20, "st_blocks covers what was asked for");
        scene.Ok(ftruncate(descriptor, 1 << 16));
        scene.That(scene.Status(path).Blocks * 512 < 1 << 20, "st_blocks after truncate");
    }

    private static void OpenedBefore(Scene scene)
    {
        _ = Begin(scene, "", out _);
        string folder = scene.FolderOf(User.Alice);
        using (As(User.Alice))
        {
            int descriptor = scene.Open($"{folder}/file", O_CREAT | O_EXCL | O_RDWR, 0);
            scene.Ok(fallocate(descriptor, 0, 0, 100));
            scene.Equal(100, scene.Status(descriptor).Size);
        }
    }

    private static void KeepSize(Scene scene)
    {
        int descriptor = Begin(scene, "content", out string path);
        SkipUnless(fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, 1), "FALLOC_FL_KEEP_SIZE");
        foreach ((long offset, long length) in new[] { (0L, 100L), (7, 100_000), (1_000_000, 4096) })
        {
            scene.Ok(fallocate(descriptor, FALLOC_FL_KEEP_SIZE, offset, length), $"KEEP_SIZE {offset} {length}");
            scene.Equal(7, scene.Status(path).Size);
            scene.Equal("content", scene.Content(path));
        }
        scene.That(scene.Status(path).Blocks * 512 >= 100_000, "blocks beyond the end");
        scene.Ok(ftruncate(descriptor, 50_000));
        scene.Equal("content" + new string('\0', 49_993), scene.Content(path));
    }

    private static void PunchHole(Scene scene)
    {
        const int Size = 1 << 20;
        int descriptor = Begin(scene, new string('a', Size), out string path);
        SkipUnless(fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), "FALLOC_FL_PUNCH_HOLE");
        scene.Ok(fsync(descriptor));
        long before = scene.Status(path).Blocks;
        scene.Ok(fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, Size / 4, Size / 2));
        scene.Equal(Size, scene.Status(path).Size);
        scene.That(scene.Status(path).Blocks <= before - (Size / 4 / 512), "blocks came back");
        string content = scene.Content(path);
        scene.That(content[..4096].All(one => one == '\0'));
        scene.That(content[4096..(Size / 4)].All(one => one == 'a'));
        scene.That(content[(Size / 4)..(Size * 3 / 4)].All(one => one == '\0'));
        scene.That(content[(Size * 3 / 4)..].All(one => one == 'a'));
        scene.Ok(fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, Size * 2, Size), "a hole beyond the end");
        scene.Equal(Size, scene.Status(path).Size);
        scene.Equal(1, pwrite(descriptor, "b"u8, Size / 2));
        scene.Equal('b', scene.Content(path)[Size / 2]);
    }

    private static void PunchOdd(Scene scene)
    {
        int descriptor = Begin(scene, new string('a', 20_000), out string path);
        SkipUnless(fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1), "FALLOC_FL_PUNCH_HOLE");
        char[] model = new string('a', 20_000).ToCharArray();
        model[0] = '\0';
        foreach ((int offset, int length) in new[] { (1, 1), (100, 50), (4095, 2), (4096, 1), (8000, 5000), (12_287, 4098), (19_999, 1), (19_990, 100) })
        {
            scene.Ok(fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length));
            Array.Clear(model, offset, Math.Min(length, model.Length - offset));
            scene.That(scene.Content(path) == new string(model), $"content after a hole of {length} at {offset}");
        }
    }

    private static void ZeroRange(Scene scene)
    {
        int descriptor = Begin(scene, new string('a', 10_000), out string path);
        SkipUnless(fallocate(descriptor, FALLOC_FL_ZERO_RANGE, 100, 50), "FALLOC_FL_ZERO_RANGE");
        string content = scene.Content(path);
        scene.That(content == new string('a', 100) + new string('\0', 50) + new string('a', 9850));
        scene.Ok(fallocate(descriptor, FALLOC_FL_ZERO_RANGE, 9_000, 5_000));
        scene.Equal(14_000, scene.Status(path).Size);
        scene.That(scene.Content(path)[9_000..].All(one => one == '\0'));
        scene.Ok(fallocate(descriptor, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 8_000, 100_000));
        scene.Equal(14_000, scene.Status(path).Size);
        scene.Equal('a', scene.Content(path)[7_999]);
        scene.Equal('\0', scene.Content(path)[8_000]);
    }

    private static void BadModes(Scene scene)
    {
        int descriptor = Begin(scene, "content", out string path);
        scene.Fails(EOPNOTSUPP, fallocate(descriptor, FALLOC_FL_PUNCH_HOLE, 0, 1));
        scene.Fails(EOPNOTSUPP, fallocate(descriptor, 0x4000, 0, 1));
        scene.Fails(EOPNOTSUPP, EINVAL, fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 0, 1));
        scene.Equal("content", scene.Content(path));
    }

    private static void PunchTimes(Scene scene)
    {
        int descriptor = Begin(scene, new string('a', 10_000), out string path);
        SkipUnless(fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1), "FALLOC_FL_PUNCH_HOLE");
        scene.Touches(Times.Content, path, () => fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100, 5_000), "a punched hole");
    }

    private static void ClearsSetId(Scene scene)
    {
        _ = Begin(scene, "", out _);
        string path = scene.File("content");
        scene.Must(chown(path, User.Alice.Id, User.Alice.Group));
        using (As(User.Alice))
        {
            int descriptor = scene.Open(path, O_RDWR);
            scene.Must(chmod(path, Octal(6755)));
            scene.Equal(1, pwrite(descriptor, "x"u8, 0));
            scene.Mode(755, scene.Status(path).Mode, "mode after a write");
        }
    }
}

namespace Hearth.Posix.Areas;

/// <summary>Which operation moves which time stamp, beyond what the areas of the calls say.</summary>
internal static class TimesArea
{
    public static Area Area { get; } = new("times",
    [
        new("a write moves mtime and ctime", Writes),
        new("a write of nothing moves none", EmptyWrite),
        new("a read moves atime of an old file, as relatime has it", Reads),
        new("a read of what was read before moves atime", ReadsAgain),
        new("reading a directory moves its atime", ReadsDirectory),
        new("reading a link moves its atime", ReadsLink),
        new("what only looks moves none", Looks),
        new("a store to a shared mapping moves mtime and ctime", MappedStore),
        new("attributes move ctime alone", Attributes),
        new("fsync moves none", Syncs),
        new("a time that was written is the same after closing", SameAfterClose),
        new("two writes in order have times in order", InOrder),
        new("the clock of the file system is the clock of the system", Clock),
    ]);

    private static void Writes(Scene scene)
    {
        string path = scene.File("content");
        int descriptor = scene.Open(path, O_RDWR);
        scene.Touches(Times.Content, path, () => write(descriptor, "x"u8), "write");
        scene.Touches(Times.Content, path, () => pwrite(descriptor, "x"u8, 100), "pwrite beyond the end");
        int append = scene.Open(path, O_WRONLY | O_APPEND);
        scene.Touches(Times.Content, path, () => write(append, "x"u8), "write that appends");
        int source = scene.Open(scene.File("source"), O_RDONLY);
        scene.Touches(Times.Content, path, () => copy_file_range(source, 0, descriptor, 0, 6), "copy_file_range to it");
        int synchronous = scene.Open(path, O_WRONLY | O_SYNC);
        scene.Touches(Times.Content, path, () => write(synchronous, "x"u8), "write with O_SYNC");
    }

    private static void EmptyWrite(Scene scene)
    {
        string path = scene.File("content");
        int descriptor = scene.Open(path, O_RDWR);
        scene.Touches(Times.None, path, () => write(descriptor, []), "write of no bytes");
        scene.Touches(Times.PerhapsAccessed, path, () => read(descriptor, []), "read of no bytes");
    }

    private static void NeedAccessTimes(Scene scene)
    {
        scene.Must(statfs(".", out FileSystemStatus status));
        if ((status.Flags & ST_NOATIME) != 0)
        {
            Skip("the mount keeps no access times (noatime)");
        }
    }

    private static void Reads(Scene scene)
    {
        NeedAccessTimes(scene);
        string path = scene.File("content");
        scene.Must(utimensat(path, new Timestamp(1, 0), Timestamp.Omit));
        int descriptor = scene.Open(path, O_RDONLY);
        scene.Touches(Times.Accessed, path, () => read(descriptor, new byte[4]), "read");
    }

    /// <summary>Apart from the first: where a cache is before the file system, it is the cache that is read.</summary>
    private static void ReadsAgain(Scene scene)
    {
        NeedAccessTimes(scene);
        string path = scene.File("content");
        int descriptor = scene.Open(path, O_RDONLY);
        scene.Equal(4, read(descriptor, new byte[4]));
        scene.Must(utimensat(path, new Timestamp(1, 0), Timestamp.Omit));
        scene.Touches(Times.Accessed, path, () => pread(descriptor, new byte[4], 0), "pread");
    }

    private static void ReadsDirectory(Scene scene)
    {
        NeedAccessTimes(scene);
        string folder = scene.Folder();
        scene.Make(FileKind.Regular, $"{folder}/file");
        scene.Must(utimensat(folder, new Timestamp(1, 0), Timestamp.Omit));
        int descriptor = scene.Open(folder, O_RDONLY | O_DIRECTORY);
        scene.Touches(Times.Accessed, folder, () => Tree.Read(descriptor, []), "getdents64");
    }

    private static void ReadsLink(Scene scene)
    {
        NeedAccessTimes(scene);
        scene.Must(symlink("target", "link"));
        scene.Must(utimensat("link", new Timestamp(1, 0), Timestamp.Omit, AT_SYMLINK_NOFOLLOW));
        scene.Touches(Times.Accessed, "link", () => readlink("link", out _), "readlink");
    }

    private static void Looks(Scene scene)
    {
        foreach (FileKind kind in scene.NotLinks)
        {
            string path = scene.Make(kind);
            scene.Touches(Times.None, path, () => stat(path, out _), $"stat of a {kind}");
            scene.Touches(Times.None, path, () => access(path, R_OK), $"access of a {kind}");
            scene.Touches(Times.None, path, () => TryOpen(path, O_PATH), $"open of a {kind} with O_PATH");
        }
    }

    private static void MappedStore(Scene scene)
    {
        string path = scene.File(new string('a', 4096));
        int descriptor = scene.Open(path, O_RDWR);
        using Mapping mapping = new(scene, descriptor, 4096, PROT_READ | PROT_WRITE, MAP_SHARED);
        FileStatus before = scene.Status(path);
        Tick();
        mapping.Bytes[10] = (byte)'b';
        scene.Ok(mapping.Sync());
        FileStatus after = scene.Status(path);
        scene.Later(before.Modified, after.Modified);
        scene.Later(before.Changed, after.Changed);
    }

    private static void Attributes(Scene scene)
    {
        string path = scene.File("content");
        scene.Touches(Times.Changed, path, () => chmod(path, Octal(600)), "chmod");
        scene.Touches(Times.Changed, path, () => link(path, "other"), "link");
        scene.Touches(Times.Changed, path, () => unlink("other"), "unlink of another name");
        long set = setxattr(path, "user.test", "x"u8);
        SkipUnless(set, "user. attributes");
        scene.Touches(Times.Changed, path, () => setxattr(path, "user.test", "value"u8), "setxattr");
        scene.Touches(Times.None, path, () => getxattr(path, "user.test", []), "getxattr");
        scene.Touches(Times.None, path, () => listxattr(path, []), "listxattr");
        scene.Touches(Times.Changed, path, () => removexattr(path, "user.test"), "removexattr");
    }

    private static void Syncs(Scene scene)
    {
        string path = scene.File("content");
        int descriptor = scene.Open(path, O_RDWR);
        scene.Ok(write(descriptor, "x"u8));
        scene.Touches(Times.None, path, () => fsync(descriptor), "fsync after a write");
        scene.Touches(Times.None, path, () => fdatasync(descriptor), "fdatasync");
        scene.Touches(Times.None, path, () => close(descriptor), "close after a write");
    }

    private static void SameAfterClose(Scene scene)
    {
        string path = scene.File();
        int descriptor = scene.Open(path, O_RDWR);
        scene.Ok(write(descriptor, "content"u8));
        FileStatus before = scene.Status(descriptor);
        scene.Equal(before.Modified, scene.Status(path).Modified, "mtime by path and by descriptor");
        scene.Close(descriptor);
        FileStatus after = scene.Status(path);
        scene.Equal((before.Accessed, before.Modified, before.Changed), (after.Accessed, after.Modified, after.Changed));
    }

    private static void InOrder(Scene scene)
    {
        string first = scene.File();
        string second = scene.File();
        for (int i = 0; i < 10; i++)
        {
            int one = scene.Open(first, O_WRONLY | O_TRUNC);
            scene.Ok(write(one, "first"u8));
            scene.Close(one);
            Tick();
            int two = scene.Open(second, O_WRONLY | O_TRUNC);
            scene.Ok(write(two, "second"u8));
            scene.Close(two);
            scene.Later(scene.Status(first).Modified, scene.Status(second).Modified, "mtime of what was written after the other, as make needs it");
            Tick();
        }
    }

    private static void Clock(Scene scene)
    {
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        FileStatus status = scene.Status(scene.File());
        foreach (Timestamp time in new[] { status.Accessed, status.Modified, status.Changed })
        {
            scene.That(Math.Abs(time.Seconds - now) <= 2, $"{time} is {now}, give or take two seconds");
        }
    }
}

namespace Hearth.Posix.Areas;

/// <summary>The areas that are about making a file: mkdir(2), mkfifo(3), mknod(2), symlink(2).</summary>
internal static class MakingAreas
{
    public static Area Mkdir { get; } = new("mkdir",
    [
        .. PathErrors.Of("mkdir"),
        .. Creation.Of(FileKind.Directory),
        new("a slash at the end is as none", TrailingSlash),
        new("where a dangling link is it is EEXIST", Dangling),
        new("set-user-ID and set-group-ID are not taken from the mode", NoSetId),
        new("a directory has '.' and '..'", Dots),
        new("mkdirat makes it in the directory of the descriptor", At),
    ]);

    public static Area Mkfifo { get; } = new("mkfifo",
    [
        .. PathErrors.Of("mkfifo"),
        .. Creation.Of(FileKind.Fifo),
        new("what is written comes out in order", FifoCarries),
        new("opening it to write without a reader is ENXIO", FifoNoReader),
        new("two names are one fifo", FifoTwoNames),
    ]);

    public static Area Mknod { get; } = new("mknod",
    [
        .. PathErrors.Of("mknod"),
        .. Creation.Of(FileKind.Socket),
        .. Creation.Of(FileKind.Character),
        .. Creation.Of(FileKind.Block),
        new("makes a regular file", Regular),
        new("makes no directory", NoDirectory),
        new("device numbers are kept whole", DeviceNumbers),
        new("a socket cannot be opened", SocketOpen),
    ]);

    public static Area Symlink { get; } = new("symlink",
    [
        .. PathErrors.Of("symlink", "readlink"),
        .. Creation.Of(FileKind.Symlink),
        new("the target is kept byte by byte", Targets),
        new("the length of a target is its size, up to PATH_MAX", TargetLength),
        new("an empty target is ENOENT", EmptyTarget),
        new("readlink cuts at the buffer and wants a link", Readlink),
        new("links are followed through relative, absolute and chained targets", Followed),
        new("a link at the end is followed by what is said to follow", LastComponent),
    ]);

    private static void TrailingSlash(Scene scene)
    {
        scene.Ok(mkdir("new/", Octal(755)));
        scene.Equal(S_IFDIR, scene.Status("new").Type);
        scene.Ok(mkdir("other//", Octal(755)));
        scene.Fails(EEXIST, mkdir("new/", Octal(755)));
        scene.Fails(ENOENT, mkdir("none/./", Octal(755)));
    }

    private static void Dangling(Scene scene)
    {
        scene.Must(symlink("missing", "dangling"));
        scene.Fails(EEXIST, mkdir("dangling", Octal(755)));
        scene.Fails(ENOENT, lstat("missing", out _));
    }

    private static void NoSetId(Scene scene)
    {
        scene.Ok(mkdir("folder", Octal(6755)));
        scene.Mode(755, scene.Status("folder").Mode);
        scene.Ok(chmod("folder", Octal(2755)));
        scene.Ok(mkdir("folder/below", Octal(700)));
        scene.Mode(2700, scene.Status("folder/below").Mode, "set-group-ID comes from the directory above");
    }

    private static void Dots(Scene scene)
    {
        string folder = scene.Folder();
        scene.Must(mkdir($"{folder}/below", Octal(755)));
        scene.Equal(scene.Status(folder).Inode, scene.Status($"{folder}/.").Inode);
        scene.Equal(scene.Status(".").Inode, scene.Status($"{folder}/..").Inode);
        scene.Equal(scene.Status(folder).Inode, scene.Status($"{folder}/below/..").Inode);
        List<DirectoryEntry> entries = [];
        scene.Must(Tree.Read(scene.Open(folder, O_RDONLY | O_DIRECTORY), entries));
        scene.Equal(". .. below", string.Join(' ', entries.Select(entry => entry.Name).Order(StringComparer.Ordinal)));
        scene.Equal(scene.Status(folder).Inode, entries.Find(entry => entry.Name == ".").Inode);
    }

    private static void At(Scene scene)
    {
        string folder = scene.Folder();
        int descriptor = scene.Open(folder, O_RDONLY | O_DIRECTORY);
        int file = scene.Open(scene.File(), O_RDONLY);
        scene.Ok(mkdirat(descriptor, "below", Octal(750)));
        scene.Mode(750, scene.Status($"{folder}/below").Mode);
        scene.Ok(mknodat(descriptor, "fifo", S_IFIFO | Octal(640)));
        scene.Equal(S_IFIFO, scene.Status($"{folder}/fifo").Type);
        scene.Fails(ENOTDIR, mkdirat(file, "below", Octal(750)));
        scene.Fails(EBADF, mkdirat(-1, "below", Octal(750)));
        scene.Ok(mkdirat(-1, $"{scene.Directory}/absolute", Octal(750)), "mkdirat with an absolute path needs no descriptor");
        scene.Ok(rename(folder, "renamed"));
        scene.Ok(mkdirat(descriptor, "later", Octal(750)), "the descriptor follows a rename");
        scene.Equal("below fifo later", string.Join(' ', scene.List("renamed")));
        scene.Ok(unlinkat(descriptor, "later", AT_REMOVEDIR));
        scene.Fails(EISDIR, unlinkat(descriptor, "below", 0));
    }

    private static void FifoCarries(Scene scene)
    {
        string path = scene.Make(FileKind.Fifo);
        int reader = scene.Open(path, O_RDONLY | O_NONBLOCK);
        int writer = scene.Open(path, O_WRONLY | O_NONBLOCK);
        byte[] buffer = new byte[8];
        scene.Fails(EAGAIN, read(reader, buffer));
        scene.Equal(5, write(writer, "hello"u8));
        scene.Equal(5, read(reader, buffer));
        scene.That(buffer.AsSpan(0, 5).SequenceEqual("hello"u8));
        scene.Close(writer);
        scene.Equal(0, read(reader, buffer), "read after the last writer");
        scene.Fails(ESPIPE, lseek(reader, 0, SEEK_SET));
        scene.Equal(0, scene.Status(path).Size);
    }

    private static void FifoNoReader(Scene scene)
    {
        string path = scene.Make(FileKind.Fifo);
        scene.Fails(ENXIO, TryOpen(path, O_WRONLY | O_NONBLOCK));
        int both = scene.Open(path, O_RDWR | O_NONBLOCK);
        scene.Ok(TryOpen(path, O_WRONLY | O_NONBLOCK));
        scene.Close(both);
        scene.Fails(ENXIO, TryOpen(path, O_WRONLY | O_NONBLOCK));
    }

    private static void FifoTwoNames(Scene scene)
    {
        string path = scene.Make(FileKind.Fifo);
        scene.Must(link(path, "other"));
        int reader = scene.Open(path, O_RDONLY | O_NONBLOCK);
        int writer = scene.Open("other", O_WRONLY | O_NONBLOCK);
        scene.Equal(2, write(writer, "ab"u8));
        scene.Equal(2, read(reader, new byte[8]));
    }

    private static void Regular(Scene scene)
    {
        scene.Ok(mknod("typed", S_IFREG | Octal(640)));
        scene.Ok(mknod("untyped", Octal(600)));
        scene.Equal((S_IFREG, 0L), (scene.Status("typed").Type, scene.Status("typed").Size));
        scene.Mode(640, scene.Status("typed").Mode);
        scene.Equal(S_IFREG, scene.Status("untyped").Type);
        scene.Fails(EEXIST, mknod("typed", S_IFREG | Octal(640)));
        int descriptor = scene.Open("typed", O_RDWR);
        scene.Equal(3, write(descriptor, "abc"u8));
        scene.Equal("abc", scene.Content("typed"));
    }

    private static void NoDirectory(Scene scene)
    {
        scene.Fails(EPERM, mknod("folder", S_IFDIR | Octal(755)));
        scene.Fails(EINVAL, mknod("link", S_IFLNK | Octal(755)));
        scene.Fails(EINVAL, mknod("unknown", 0xF000 | Octal(755)));
        scene.Equal("", string.Join(' ', scene.List(".")));
    }

    private static void DeviceNumbers(Scene scene)
    {
        if (!scene.Nodes)
        {
            Skip("the caller can make no device nodes here");
        }
        foreach (uint type in new[] { S_IFCHR, S_IFBLK })
        {
            foreach ((uint major, uint minor) in new (uint, uint)[] { (0, 1), (1, 0), (1, 255), (255, 1), (255, 255), (10, 256), (100, 65535), (4095, 1_048_575) })
            {
                string path = scene.Fresh();
                scene.At($"{major}:{minor}");
                scene.Ok(mknod(path, type | Octal(600), Device(major, minor)));
                scene.Equal(Device(major, minor), scene.Status(path).NodeDevice);
                scene.Equal(type, scene.Status(path).Type);
                scene.Ok(unlink(path));
            }
        }
    }

    private static void SocketOpen(Scene scene)
    {
        string path = scene.Make(FileKind.Socket);
        foreach (int flags in new[] { O_RDONLY, O_WRONLY, O_RDWR })
        {
            scene.Fails(ENXIO, TryOpen(path, flags | O_NONBLOCK), $"open a socket with {flags}");
        }
        scene.Ok(TryOpen(path, O_PATH));
    }

    private static void Targets(Scene scene)
    {
        string all = string.Concat(Enumerable.Range(1, 255).Select(value => (char)value));
        foreach (string target in new[] { "a", "/", "..", "a//b/", "with space", "new\nline", "\u00ff\u0080", all, "/absolute/path", new string('x', 255), "./" })
        {
            string path = scene.Fresh();
            scene.Ok(symlink(target, path), $"link to {target.Length} bytes");
            scene.Equal((long)target.Length, readlink(path, out string seen));
            scene.Equal(target, seen);
        }
    }

    private static void TargetLength(Scene scene)
    {
        foreach (int length in new[] { 1, 15, 59, 60, 61, 100, 255, 256, 1023, 1024, 4000, 4094, 4095 })
        {
            string path = scene.Fresh();
            string target = new('t', length);
            scene.At($"{length}");
            scene.Ok(symlink(target, path));
            scene.Equal(length, scene.LinkStatus(path).Size);
            scene.Equal((long)length, readlink(path, out string seen));
            scene.Equal(target, seen);
        }
        scene.Fails(ENAMETOOLONG, symlink(new string('t', PATH_MAX), "too-long"));
        scene.Fails(ENOENT, lstat("too-long", out _));
    }

    private static void EmptyTarget(Scene scene)
    {
        scene.Fails(ENOENT, symlink("", "link"));
        scene.Fails(ENOENT, lstat("link", out _));
    }

    private static void Readlink(Scene scene)
    {
        scene.Must(symlink("0123456789", "link"));
        scene.Equal(4L, readlink("link", out string part, 4));
        scene.Equal("0123", part);
        scene.Equal(10L, readlink("link", out _, 10));
        scene.Fails(EINVAL, readlink("link", out _, 0));
        foreach (FileKind kind in scene.NotLinks)
        {
            string path = scene.Make(kind);
            scene.Fails(EINVAL, readlink(path, out _), $"readlink of a {kind}");
        }
    }

    private static void Followed(Scene scene)
    {
        string folder = scene.Folder();
        scene.Make(FileKind.Regular, $"{folder}/file");
        ulong inode = scene.Status($"{folder}/file").Inode;
        foreach (string target in new[] { $"{folder}/file", $"./{folder}/../{folder}/file", $"{scene.Directory}/{folder}/file", $"../case/{folder}//file" })
        {
            string path = scene.Fresh();
            scene.Must(symlink(target, path));
            scene.Equal(inode, scene.Status(path).Inode, $"inode behind {target}");
            scene.Equal(S_IFLNK, scene.LinkStatus(path).Type);
        }
        string last = $"{folder}/file";
        for (int i = 0; i < 40; i++)
        {
            string path = scene.Fresh();
            scene.Must(symlink(last, path));
            last = path;
        }
        scene.Equal(inode, scene.Status(last).Inode, "inode behind 40 links");
        scene.Must(symlink(last, "one-more"));
        scene.Fails(ELOOP, stat("one-more", out _));
    }

    private static void LastComponent(Scene scene)
    {
        string file = scene.File("content");
        scene.Must(symlink(file, "link"));
        scene.Equal(S_IFREG, scene.Status("link").Type);
        scene.Equal("content", scene.Content("link"));
        scene.Ok(truncate("link", 3));
        scene.Equal(3, scene.Status(file).Size);
        scene.Ok(utimensat("link", new Timestamp(5, 0), new Timestamp(6, 0)));
        scene.Equal(6, scene.Status(file).Modified.Seconds);
        scene.Ok(utimensat("link", new Timestamp(7, 0), new Timestamp(8, 0), AT_SYMLINK_NOFOLLOW));
        scene.Equal((6L, 8L), (scene.Status(file).Modified.Seconds, scene.LinkStatus("link").Modified.Seconds));
        scene.Ok(rename("link", "moved"));
        scene.Equal(S_IFLNK, scene.LinkStatus("moved").Type);
        scene.Ok(unlink("moved"));
        scene.Equal(3, scene.Status(file).Size, "size of what it led to, after unlink of the link");
    }
}

namespace Hearth.Posix.Areas;

/// <summary>stat(2), statx(2), statfs(2): what they say of a file and of the file system.</summary>
internal static class StatusArea
{
    public static Area Area { get; } = new("status",
    [
        .. PathErrors.Of("stat", "lstat", "access", "statfs", "chdir"),
        new("all ways of asking answer the same", AllWays),
        new("one device, and inode numbers that are one each", Identity),
        new("an inode number stays with the file", StaysSame),
        new("size and blocks", Sizes),
        new("statx has what stat has, and the birth if it has one", Extended),
        new("statfs is of one file system, with sensible numbers", FileSystem),
        new("space that is taken is missing", Space),
        new("an empty path with AT_EMPTY_PATH is the descriptor", EmptyPath),
        new("dots and slashes in a path change nothing", Dots),
        new("a change by one descriptor is seen by path at once", SeenAtOnce),
        new("what is missing is missing until it is made", Negative),
    ]);

    private static void AllWays(Scene scene)
    {
        foreach (FileKind kind in scene.Kinds)
        {
            string path = scene.Make(kind, 751);
            FileStatus one = scene.LinkStatus(path);
            int descriptor = scene.Open(path, O_PATH | O_NOFOLLOW);
            FileStatus two = scene.Status(descriptor);
            scene.At($"{kind}");
            scene.Equal((one.Device, one.Inode, one.RawMode, one.Links), (two.Device, two.Inode, two.RawMode, two.Links));
            scene.Equal((one.UserId, one.GroupId, one.Size, one.NodeDevice), (two.UserId, two.GroupId, two.Size, two.NodeDevice));
            scene.Equal((one.Accessed, one.Modified, one.Changed), (two.Accessed, two.Modified, two.Changed));
            scene.Ok(statx(path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, out ExtendedStatus three));
            scene.Equal((one.Inode, one.RawMode, (uint)one.Links), (three.Inode, three.Mode, three.Links));
            scene.Equal((one.UserId, one.GroupId, (ulong)one.Size), (three.UserId, three.GroupId, three.Size));
            scene.Equal((one.Modified, one.Changed), (three.Modified.Value, three.Changed.Value));
            scene.Equal(TypeOf(kind), one.Type);
            scene.That(one.BlockSize > 0, "a block size");
        }
    }

    private static void Identity(Scene scene)
    {
        HashSet<ulong> inodes = [];
        ulong device = scene.Status(".").Device;
        for (int round = 0; round < 20; round++)
        {
            foreach (FileKind kind in scene.Kinds)
            {
                FileStatus status = scene.LinkStatus(scene.Make(kind));
                scene.That(inodes.Add(status.Inode), $"a number of its own for a {kind}");
                scene.Equal(device, status.Device, $"device of a {kind}");
            }
        }
    }

    private static void StaysSame(Scene scene)
    {
        string path = scene.File("content");
        ulong inode = scene.Status(path).Inode;
        int descriptor = scene.Open(path, O_RDWR);
        scene.Ok(chmod(path, Octal(600)));
        scene.Ok(ftruncate(descriptor, 100_000));
        scene.Ok(rename(path, "moved"));
        scene.Equal(inode, scene.Status("moved").Inode);
        scene.Equal(inode, scene.Status(descriptor).Inode);
        scene.Ok(TryOpen("moved", O_RDWR | O_TRUNC));
        scene.Equal(inode, scene.Status("moved").Inode);
        string folder = scene.Folder();
        ulong own = scene.Status(folder).Inode;
        scene.Ok(rename("moved", $"{folder}/inside"));
        scene.Ok(rename(folder, "folder"));
        scene.Equal((inode, own), (scene.Status("folder/inside").Inode, scene.Status("folder").Inode));
    }

    private static void Sizes(Scene scene)
    {
        foreach (int size in new[] { 0, 1, 511, 512, 4096, 4097, 1_000_000 })
        {
            string path = scene.File(new string('s', size));
            int descriptor = scene.Open(path, O_RDWR);
            scene.Ok(fsync(descriptor));
            FileStatus status = scene.Status(path);
            scene.At($"{size}");
            scene.Equal(size, status.Size);
            scene.That(status.Blocks * 512 <= (size * 2L) + 131_072, "no more blocks than there is use for");
            scene.That(size < 4096 || status.Blocks * 512 >= size / 2, "blocks for what was written");
        }
    }

    private static void Extended(Scene scene)
    {
        string path = scene.File("content");
        scene.Ok(statx(path, 0, STATX_BASIC_STATS | STATX_BTIME, out ExtendedStatus status));
        scene.Equal(STATX_BASIC_STATS, status.Mask & STATX_BASIC_STATS);
        scene.Fails(EINVAL, statx(path, 0x6000, STATX_BASIC_STATS, out _));
        scene.Fails(EINVAL, statx(path, 0, 0x8000_0000, out _));
        if ((status.Mask & STATX_BTIME) == 0)
        {
            Skip("files have no time of birth here");
        }
        Timestamp born = status.Born.Value;
        scene.That(born <= status.Changed.Value && Math.Abs(born.Seconds - status.Changed.Seconds) <= 5, "born just now");
        Tick();
        scene.Ok(TryOpen(path, O_WRONLY | O_TRUNC));
        scene.Ok(utimensat(path, new Timestamp(1, 0), new Timestamp(1, 0)));
        scene.Ok(rename(path, "moved"));
        scene.Ok(statx("moved", 0, STATX_BTIME, out ExtendedStatus later));
        scene.Equal(born, later.Born.Value, "the birth stays");
    }

    private static void FileSystem(Scene scene)
    {
        string path = scene.File();
        scene.Must(statfs(".", out FileSystemStatus one));
        scene.Must(statfs(path, out FileSystemStatus two));
        scene.Must(fstatfs(scene.Open(path, O_RDONLY), out FileSystemStatus three));
        scene.Equal((one.Type, one.BlockSize, one.NameLength), (two.Type, two.BlockSize, two.NameLength));
        scene.Equal((one.Type, one.Blocks, one.Identity), (three.Type, three.Blocks, three.Identity));
        scene.Equal(255, one.NameLength);
        scene.That(one.BlockSize >= 512 && one.FragmentSize > 0, "a block size");
        scene.That(one.Blocks > 0 && one.FreeBlocks <= one.Blocks && one.AvailableBlocks <= one.FreeBlocks, "blocks that add up");
        scene.That(one.FreeFiles <= one.Files, "files that add up");
    }

    private static void Space(Scene scene)
    {
        int descriptor = scene.Open(scene.File(), O_RDWR);
        byte[] data = new byte[8 << 20];
        new Random(3).NextBytes(data);
        scene.Equal(data.Length, write(descriptor, data));
        scene.Ok(fsync(descriptor));
        // Others use the file system too: the file's own blocks are what is certain.
        scene.That(scene.Status(descriptor).Blocks * 512 >= 8 << 20, "blocks of 8 MiB");
        scene.Must(fstatfs(descriptor, out FileSystemStatus status));
        scene.That((status.Blocks - status.FreeBlocks) * (ulong)status.FragmentSize >= 8 << 20, "used space of at least 8 MiB");
    }

    private static void EmptyPath(Scene scene)
    {
        foreach (FileKind kind in scene.Kinds)
        {
            string path = scene.Make(kind);
            int descriptor = scene.Open(path, O_PATH | O_NOFOLLOW);
            scene.At($"{kind}");
            scene.Ok(fstatat(descriptor, "", out FileStatus status, AT_EMPTY_PATH));
            scene.Equal(scene.LinkStatus(path).Inode, status.Inode);
            scene.Fails(ENOENT, fstatat(descriptor, "", out _, 0));
        }
        scene.Fails(EINVAL, fstatat(AT_FDCWD, ".", out _, 0x10));
    }

    private static void Dots(Scene scene)
    {
        string folder = scene.Folder();
        scene.Make(FileKind.Regular, $"{folder}/file");
        ulong inode = scene.Status($"{folder}/file").Inode;
        foreach (string path in new[] { $"./{folder}/file", $"{folder}//file", $"{folder}/./file", $"{folder}/../{folder}/file", $"{scene.Directory}/{folder}/file", $"{scene.Directory}//.//{folder}/file" })
        {
            scene.Equal(inode, scene.Status(path).Inode, $"inode of {path}");
        }
        scene.Ok(stat($"{folder}/", out _));
        scene.Ok(stat($"{folder}///", out _));
        scene.Fails(ENOTDIR, stat($"{folder}/file/", out _));
    }

    private static void SeenAtOnce(Scene scene)
    {
        string path = scene.File();
        scene.Must(link(path, "other"));
        int descriptor = scene.Open(path, O_RDWR);
        for (int i = 1; i <= 20; i++)
        {
            scene.At($"round {i}");
            scene.Equal(100, pwrite(descriptor, new byte[100], i * 100));
            scene.Equal((i * 100L) + 100, scene.Status("other").Size);
            scene.Ok(fchmod(descriptor, (uint)(Octal(600) + (i % 8))));
            scene.Equal((uint)(Octal(600) + (i % 8)), scene.Status("other").Mode);
            scene.Ok(futimens(descriptor, new Timestamp(i, i), new Timestamp(i, i)));
            scene.Equal(new Timestamp(i, i), scene.Status("other").Modified);
        }
    }

    private static void Negative(Scene scene)
    {
        string path = scene.Fresh();
        for (int i = 0; i < 20; i++)
        {
            scene.At($"round {i}");
            scene.Fails(ENOENT, lstat(path, out _));
            scene.Ok(TryMake(FileKind.Regular, path));
            scene.Ok(lstat(path, out _));
            scene.Ok(unlink(path));
            scene.Fails(ENOENT, lstat(path, out _));
            scene.Ok(mkdir(path, Octal(755)));
            scene.Equal(S_IFDIR, scene.Status(path).Type);
            scene.Ok(rename(path, $"{path}-moved"));
            scene.Fails(ENOENT, lstat(path, out _));
            scene.Ok(rmdir($"{path}-moved"));
        }
    }
}

namespace Hearth.Posix.Areas;

/// <summary>unlink(2), unlinkat(2).</summary>
internal static class UnlinkArea
{
    public static Area Area { get; } = new("unlink",
    [
        .. PathErrors.Of("unlink"),
        .. Removal.Of("unlink", unlink, directories: false),
        new("removes every type but directories", Removes),
        new("a directory is EISDIR", Directories),
        new("a link is removed, not what it leads to", Links),
        new("times of the directory and of the other names", TimesOf),
        new("a refused one changes no times", Refused, Needs.Users),
        new("an open file goes on without a name", OpenFile),
        new("an open file without a name keeps its attributes in reach", OpenAttributes),
        new("the name can be used again while the old file is open", Reuse),
        new("a mapping goes on without a name", Mapped),
        new("space is given back with the last descriptor", Space),
        new("a slash at the end is ENOTDIR", TrailingSlash),
    ]);

    public static Area Rmdir { get; } = new("rmdir",
    [
        .. PathErrors.Of("rmdir"),
        .. Removal.Of("rmdir", rmdir, directories: true),
        new("removes an empty directory", RmdirEmpty),
        new("a directory with anything in it is ENOTEMPTY", NotEmpty),
        new("what is no directory is ENOTDIR", NotDirectory),
        new("'.' is EINVAL and '..' is ENOTEMPTY", Dots),
        new("times of the directory above", RmdirTimes),
        new("an open directory that was removed is empty", RemovedOpen),
        new("the working directory can be removed", WorkingDirectory),
        new("the root of a mount is EBUSY", MountRoot, Needs.Users),
    ]);

    private static void Removes(Scene scene)
    {
        foreach (FileKind kind in scene.NotDirectories)
        {
            string path = scene.Make(kind, 0);
            scene.At($"{kind}");
            scene.Ok(unlink(path));
            scene.Fails(ENOENT, lstat(path, out _));
            scene.Fails(ENOENT, unlink(path));
            scene.Make(kind, path);
            scene.Ok(unlinkat(AT_FDCWD, path, 0));
        }
        scene.Equal("", string.Join(' ', scene.List(".")));
    }

    private static void Directories(Scene scene)
    {
        string folder = scene.Folder();
        scene.Fails(EISDIR, unlink(folder));
        scene.Fails(EISDIR, unlink($"{folder}/."));
        scene.Fails(EISDIR, unlink("."));
        scene.Fails(EISDIR, unlinkat(AT_FDCWD, folder, 0));
        scene.Equal(S_IFDIR, scene.Status(folder).Type);
    }

    private static void Links(Scene scene)
    {
        string file = scene.File("text");
        string folder = scene.Folder();
        scene.Must(symlink(file, "to-file"));
        scene.Must(symlink(folder, "to-folder"));
        scene.Ok(unlink("to-file"));
        scene.Ok(unlink("to-folder"));
        scene.Equal("text", scene.Content(file));
        scene.Equal(S_IFDIR, scene.Status(folder).Type);
    }

    private static void TimesOf(Scene scene)
    {
        foreach (FileKind kind in scene.NotDirectories)
        {
            string folder = scene.Folder();
            string path = $"{folder}/one";
            scene.Make(kind, path);
            scene.Must(link(path, $"{folder}/two"));
            scene.Equal(2UL, scene.LinkStatus(path).Links, $"links of a {kind}");
            scene.Touches(Times.Changed, $"{folder}/two", () => unlink(path), $"unlink of the other name of a {kind}");
            scene.Equal(1UL, scene.LinkStatus($"{folder}/two").Links, $"links of a {kind}");
            scene.Touches(Times.Content, folder, () => unlink($"{folder}/two"), $"unlink of a {kind} in it");
        }
    }

    private static void Refused(Scene scene)
    {
        string folder = scene.FolderOf(User.Alice);
        scene.Make(FileKind.Regular, $"{folder}/file");
        scene.FailsUntouched(EACCES, folder, AsBob, "unlink without permission");
        scene.FailsUntouched(EACCES, $"{folder}/file", AsBob, "unlink without permission");

        long AsBob()
        {
            using (As(User.Bob))
            {
                return unlink($"{folder}/file");
            }
        }
    }

    private static void OpenFile(Scene scene)
    {
        string path = scene.File("0123456789");
        int descriptor = scene.Open(path, O_RDWR);
        scene.Must(unlink(path));
        byte[] buffer = new byte[16];
        scene.Equal(10, pread(descriptor, buffer, 0));
        scene.Equal(4, pwrite(descriptor, "more"u8, 10));
        scene.Equal(14, scene.Status(descriptor).Size);
        scene.Equal(14, pread(descriptor, buffer, 0));
        scene.That(buffer.AsSpan(0, 14).SequenceEqual("0123456789more"u8));
        scene.Ok(ftruncate(descriptor, 5));
        scene.Equal(5, pread(descriptor, buffer, 0));
        scene.Ok(fsync(descriptor));
        scene.Equal(0UL, scene.Status(descriptor).Links);
        scene.Equal("", string.Join(' ', scene.List(".")));
    }

    private static void OpenAttributes(Scene scene)
    {
        string path = scene.File("text");
        int descriptor = scene.Open(path, O_RDWR);
        scene.Must(unlink(path));
        scene.Ok(fchmod(descriptor, Octal(604)));
        scene.Mode(604, scene.Status(descriptor).Mode);
        scene.Ok(futimens(descriptor, new Timestamp(10, 0), new Timestamp(20, 0)));
        scene.Equal((10L, 20L), (scene.Status(descriptor).Accessed.Seconds, scene.Status(descriptor).Modified.Seconds));
        scene.Ok(fstatfs(descriptor, out _));
        int second = scene.Keep(scene.Must(Kernel.open($"/proc/self/fd/{descriptor}", O_RDONLY | O_CLOEXEC)));
        scene.Equal(4, read(second, new byte[8]), "read of the file opened once more by /proc");
        scene.Ok(truncate($"/proc/self/fd/{descriptor}", 2));
        scene.Equal(2, scene.Status(second).Size);
    }

    private static void Reuse(Scene scene)
    {
        string path = scene.File("old");
        int descriptor = scene.Open(path, O_RDWR);
        for (int i = 0; i < 20; i++)
        {
            scene.Must(unlink(path));
            int next = scene.Open(path, O_CREAT | O_EXCL | O_RDWR);
            scene.Equal(3, pwrite(next, "new"u8, 0));
            scene.That(scene.Status(next).Inode != scene.Status(descriptor).Inode);
            scene.Close(next);
        }
        byte[] buffer = new byte[3];
        scene.Equal(3, pread(descriptor, buffer, 0));
        scene.That(buffer.AsSpan().SequenceEqual("old"u8));
        scene.Equal("new", scene.Content(path));
    }

    private static void Mapped(Scene scene)
    {
        string path = scene.File(new string('a', 8192));
        int descriptor = scene.Open(path, O_RDWR);
        using Mapping mapping = new(scene, descriptor, 8192, PROT_READ | PROT_WRITE, MAP_SHARED);
        scene.Close(descriptor);
        scene.Must(unlink(path));
        scene.Equal((byte)'a', mapping.Bytes[5000]);
        mapping.Bytes[5000] = (byte)'b';
        scene.Ok(mapping.Sync());
        scene.Equal((byte)'b', mapping.Bytes[5000]);
    }

    private static void Space(Scene scene)
    {
        string path = scene.File();
        int descriptor = scene.Open(path, O_RDWR);
        byte[] block = new byte[1 << 20];
        for (int i = 0; i < 4; i++)
        {
            scene.Equal(block.Length, write(descriptor, block));
        }
        scene.Ok(fsync(descriptor));
        scene.That(scene.Status(descriptor).Blocks * 512 >= 4 << 20, "blocks of what was written");
        scene.Ok(ftruncate(descriptor, 0));
        scene.That(scene.Status(descriptor).Blocks * 512 < 1 << 20, "blocks after truncate");
    }

    private static void TrailingSlash(Scene scene)
    {
        string file = scene.File();
        string folder = scene.Folder();
        scene.Must(symlink(folder, "link"));
        scene.Fails(ENOTDIR, unlink($"{file}/"));
        scene.Fails(EISDIR, unlink($"{folder}/"));
        scene.Fails(ENOTDIR, unlink("link/"));
        scene.Fails(ENOENT, unlink("none/"));
    }

    private static void RmdirEmpty(Scene scene)
    {
        foreach (int mode in new[] { 0, 755, 500, 1777 })
        {
            string folder = scene.Folder(mode);
            scene.Ok(rmdir(folder), $"rmdir of mode {mode}");
            scene.Fails(ENOENT, lstat(folder, out _));
        }
        string other = scene.Folder();
        scene.Ok(rmdir($"{other}/"));
        scene.Fails(ENOENT, rmdir(other));
    }

    private static void NotEmpty(Scene scene)
    {
        foreach (FileKind kind in scene.Kinds)
        {
            string folder = scene.Folder();
            string path = $"{folder}/{kind}";
            scene.Make(kind, path);
            scene.Fails(ENOTEMPTY, EEXIST, rmdir(folder), $"rmdir of a directory with a {kind}");
            scene.Drop(kind, path);
            scene.Ok(rmdir(folder), $"rmdir after the {kind} went");
        }
    }

    private static void NotDirectory(Scene scene)
    {
        foreach (FileKind kind in scene.NotDirectories)
        {
            string path = scene.Make(kind);
            scene.Fails(ENOTDIR, rmdir(path), $"rmdir of a {kind}");
            scene.Equal(TypeOf(kind), scene.LinkStatus(path).Type);
        }
        string folder = scene.Folder();
        scene.Must(symlink(folder, "link"));
        scene.Fails(ENOTDIR, rmdir("link"));
        scene.Fails(ENOTDIR, rmdir("link/"));
        scene.Fails(ENOTDIR, unlinkat(AT_FDCWD, "link", AT_REMOVEDIR));
    }

    private static void Dots(Scene scene)
    {
        string folder = scene.Folder();
        scene.Fails(EINVAL, rmdir($"{folder}/."));
        scene.Must(mkdir($"{folder}/below", Octal(755)));
        scene.Fails(ENOTEMPTY, EEXIST, rmdir($"{folder}/below/.."));
        scene.Fails(EINVAL, rmdir("."));
    }

    private static void RmdirTimes(Scene scene)
    {
        string folder = scene.Folder();
        scene.Must(mkdir($"{folder}/below", Octal(755)));
        scene.Must(mkdir($"{folder}/full", Octal(755)));
        scene.Make(FileKind.Regular, $"{folder}/full/file");
        scene.FailsUntouched(ENOTEMPTY, folder, () => rmdir($"{folder}/full"), "rmdir of a directory that is not empty");
        scene.Touches(Times.Content, folder, () => rmdir($"{folder}/below"), "rmdir in it");
    }

    private static void RemovedOpen(Scene scene)
    {
        string folder = scene.Folder();
        int descriptor = scene.Open(folder, O_RDONLY | O_DIRECTORY);
        scene.Must(rmdir(folder));
        scene.Equal(0UL, scene.Status(descriptor).Links);
        scene.Fails(ENOENT, openat(descriptor, "new", O_CREAT | O_WRONLY, Octal(644)));
        scene.Fails(ENOENT, mkdirat(descriptor, "new", Octal(755)));
        scene.Fails(ENOENT, fstatat(descriptor, "any", out _, 0));
        List<DirectoryEntry> entries = [];
        long result = Tree.Read(descriptor, entries);
        scene.That(result is 0 or -ENOENT, "reading it ends at once");
        scene.That(entries.TrueForAll(entry => entry.Name is "." or ".."), "nothing is in it");
    }

    private static void WorkingDirectory(Scene scene)
    {
        string folder = scene.Folder();
        scene.Must(chdir(folder));
        scene.Ok(rmdir($"../{folder}"));
        scene.Fails(ENOENT, stat("none", out _));
        scene.Ok(stat(".", out FileStatus status));
        scene.Equal(0UL, status.Links);
        scene.Must(chdir(scene.Directory));
    }

    private static void MountRoot(Scene scene)
    {
        scene.Fails(EBUSY, rmdir("/proc"));
        scene.Fails(EBUSY, EINVAL, rmdir("/"));
    }
}

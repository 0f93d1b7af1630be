namespace Hearth.Posix.Areas;

/// <summary>open(2), creat(2), close(2).</summary>
internal static class OpenArea
{
    public static Area Area { get; } = new("open",
    [
        .. PathErrors.Of("open", "open O_CREAT", "open O_CREAT O_EXCL", "creat"),
        .. Creation.Of(FileKind.Regular),
        new("permission by mode, user and way of access", Permissions, Needs.Users),
        new("O_TRUNC empties and needs write permission", Truncates),
        new("O_TRUNC without write permission is EACCES and leaves the content", TruncateRefused, Needs.Users),
        new("O_EXCL makes exactly one", Exclusive),
        new("O_EXCL does not follow a link", ExclusiveLinks),
        new("O_CREAT follows a dangling link", CreateThroughLink),
        new("a directory cannot be written", Directories),
        new("O_DIRECTORY wants a directory", WantsDirectory),
        new("O_NOFOLLOW wants no link", NoFollow),
        new("O_PATH gives a name and no content", PathOnly),
        new("O_NOATIME is for the owner", NoAccessTime, Needs.Users),
        new("a file may be made that its maker may not write", CreateReadOnly, Needs.Users),
        new("a descriptor reads and writes as it was opened", AccessMode),
        new("a slash at the end of a file is ENOTDIR or EISDIR", TrailingSlash),
        new("O_TMPFILE makes a file without a name, linkat gives one", Temporary),
        new("O_TMPFILE with O_EXCL gets no name", TemporaryExclusive),
        new("descriptors have positions of their own, copies share one", Positions),
        new("a device node with no driver is ENXIO", NoDriver),
        new("opening touches no times", NoTimes),
    ]);

    private static void Permissions(Scene scene)
    {
        (User User, int Shift)[] users = [(User.Alice, 6), (User.BobOfAlices, 3), (User.BobBesideAlice, 3), (User.Bob, 0), (User.Root, -1)];
        string path = scene.File("x");
        scene.Must(chown(path, User.Alice.Id, User.Alice.Group));
        string folder = scene.FolderOf(User.Alice);
        bool runs = scene.RunsPrograms;
        for (uint bits = 0; bits < 8; bits++)
        {
            foreach ((User user, int shift) in users)
            {
                // The class of the user has these bits, all others the opposite: no class may be taken for another.
                uint mode = shift < 0 ? 0 : (bits << shift) | (Spread(7 - bits) & ~(7u << shift));
                scene.Must(chmod(path, mode));
                scene.Must(chmod(folder, mode));
                using ActingAs acting = As(user);
                scene.At($"{user}, mode {Show(mode)}");
                bool root = shift < 0, mayRead = root || (bits & 4) != 0, mayWrite = root || (bits & 2) != 0, mayRun = !root && (bits & 1) != 0;
                scene.Gives(mayRead ? 0 : EACCES, TryOpen(path, O_RDONLY));
                scene.Gives(mayWrite ? 0 : EACCES, TryOpen(path, O_WRONLY));
                scene.Gives(mayRead && mayWrite ? 0 : EACCES, TryOpen(path, O_RDWR));
                scene.Gives(mayWrite ? 0 : EACCES, TryOpen(path, O_WRONLY | O_APPEND));
                scene.Gives(mayRead ? 0 : EACCES, TryOpen(path, O_RDONLY | O_CREAT));
                scene.Gives(mayRead ? 0 : EACCES, access(path, R_OK));
                scene.Gives(mayWrite ? 0 : EACCES, access(path, W_OK));
                scene.Gives(mayRun && runs ? 0 : EACCES, access(path, X_OK));
                scene.Gives(mayRead && mayWrite ? 0 : EACCES, access(path, R_OK | W_OK));
                scene.Gives(mayRead && mayRun && runs ? 0 : EACCES, faccessat2(path, R_OK | X_OK, AT_EACCESS));
                scene.Gives(mayRead ? 0 : EACCES, TryOpen(folder, O_RDONLY | O_DIRECTORY));
                scene.Gives(root || mayRun ? 0 : EACCES, access($"{folder}/.", F_OK));
            }
        }
    }

    private static uint Spread(uint bits) => bits | (bits << 3) | (bits << 6);

    private static void Truncates(Scene scene)
    {
        string path = scene.File("content");
        scene.Touches(Times.Content, path, () => TryOpen(path, O_WRONLY | O_TRUNC), "O_TRUNC");
        scene.Equal(0, scene.Status(path).Size);
        string other = scene.File("content");
        scene.Ok(TryOpen(other, O_RDWR | O_CREAT | O_TRUNC));
        scene.Equal("", scene.Content(other));
        string third = scene.File("content", 600);
        scene.Ok(CloseIfOpen(creat(third, Octal(644))));
        scene.Equal("", scene.Content(third));
        scene.Mode(600, scene.Status(third).Mode, "creat does not change the mode of a file that is there");
    }

    private static void TruncateRefused(Scene scene)
    {
        string path = scene.File("content", 444);
        using (As(User.Alice))
        {
            scene.Fails(EACCES, TryOpen(path, O_WRONLY | O_TRUNC));
            scene.Fails(EACCES, TryOpen(path, O_RDONLY | O_TRUNC));
            scene.Fails(EACCES, CloseIfOpen(creat(path, Octal(644))));
        }
        scene.Equal("content", scene.Content(path));
    }

    private static void Exclusive(Scene scene)
    {
        scene.Ok(TryOpen("new", O_CREAT | O_EXCL | O_RDWR));
        foreach (int flags in new[] { O_RDONLY, O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC })
        {
            scene.Fails(EEXIST, TryOpen("new", O_CREAT | O_EXCL | flags), $"O_EXCL with 0x{flags:x}");
        }
        scene.Must(unlink("new"));
        int made = 0;
        Thread[] threads = [.. Enumerable.Range(0, 8).Select(_ => new Thread(() => Interlocked.Add(ref made, TryMakeAt(scene) ? 1 : 0)))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }
        foreach (Thread thread in threads)
        {
            thread.Join();
        }
        scene.Equal(1, made, "how many of eight threads made it");

        static bool TryMakeAt(Scene scene) => TryOpen($"{scene.Directory}/raced", O_CREAT | O_EXCL | O_WRONLY) == 0;
    }

    private static void ExclusiveLinks(Scene scene)
    {
        scene.Must(symlink("missing", "dangling"));
        scene.Must(symlink("self", "self"));
        scene.Fails(EEXIST, TryOpen("dangling", O_CREAT | O_EXCL | O_RDWR));
        scene.Fails(EEXIST, TryOpen("self", O_CREAT | O_EXCL | O_RDWR));
        scene.Fails(ENOENT, lstat("missing", out _));
    }

    private static void CreateThroughLink(Scene scene)
    {
        string folder = scene.Folder();
        scene.Must(symlink($"{folder}/made", "dangling"));
        scene.Ok(TryOpen("dangling", O_CREAT | O_WRONLY));
        scene.Equal(S_IFREG, scene.LinkStatus($"{folder}/made").Type);
        scene.Must(symlink("none/made", "nowhere"));
        scene.Fails(ENOENT, TryOpen("nowhere", O_CREAT | O_WRONLY));
    }

    private static void Directories(Scene scene)
    {
        string folder = scene.Folder();
        foreach (int flags in new[] { O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC, O_RDONLY | O_CREAT, O_RDWR | O_CREAT, O_WRONLY | O_APPEND })
        {
            scene.Fails(EISDIR, TryOpen(folder, flags), $"open a directory with 0x{flags:x}");
        }
        scene.Fails(EISDIR, CloseIfOpen(creat(folder, Octal(644))));
        scene.Fails(EEXIST, TryOpen(folder, O_RDWR | O_CREAT | O_EXCL));
        int descriptor = scene.Open(folder, O_RDONLY);
        scene.Fails(EISDIR, read(descriptor, new byte[8]));
        scene.Fails(EBADF, write(descriptor, "x"u8));
        scene.Fails(EINVAL, ftruncate(descriptor, 0));
    }

    private static void WantsDirectory(Scene scene)
    {
        foreach (FileKind kind in scene.NotDirectories)
        {
            string path = scene.Make(kind);
            scene.Fails(kind == FileKind.Symlink ? ENOENT : ENOTDIR, TryOpen(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK), $"O_DIRECTORY of a {kind}");
            scene.Fails(ENOTDIR, TryOpen(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), $"O_DIRECTORY and O_NOFOLLOW of a {kind}");
        }
        string folder = scene.Folder();
        scene.Must(symlink(folder, "link"));
        scene.Ok(TryOpen(folder, O_RDONLY | O_DIRECTORY));
        scene.Ok(TryOpen("link", O_RDONLY | O_DIRECTORY));
        scene.Fails(ENOTDIR, TryOpen("link", O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    }

    private static void NoFollow(Scene scene)
    {
        string file = scene.File("text");
        string folder = scene.Folder();
        scene.Must(symlink(file, "link"));
        scene.Must(symlink(folder, "folder-link"));
        scene.Make(FileKind.Regular, $"{folder}/below");
        foreach (int flags in new[] { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_CREAT, O_WRONLY | O_TRUNC })
        {
            scene.Fails(ELOOP, TryOpen("link", flags | O_NOFOLLOW), $"O_NOFOLLOW with 0x{flags:x}");
            scene.Ok(TryOpen("folder-link/below", flags | O_NOFOLLOW), $"O_NOFOLLOW behind a link with 0x{flags:x}");
        }
        scene.Fails(ELOOP, TryOpen("folder-link", O_RDONLY | O_NOFOLLOW));
        scene.Equal("text", scene.Content(file));
    }

    private static void PathOnly(Scene scene)
    {
        foreach (FileKind kind in scene.Kinds)
        {
            string path = scene.Make(kind, 0);
            scene.At($"{kind}");
            int descriptor = scene.Open(path, O_PATH | O_NOFOLLOW);
            scene.Equal(scene.LinkStatus(path).Inode, scene.Status(descriptor).Inode);
            scene.Fails(EBADF, read(descriptor, new byte[1]));
            scene.Fails(EBADF, fchmod(descriptor, Octal(777)));
            scene.Close(descriptor);
        }
    }

    private static void NoAccessTime(Scene scene)
    {
        string path = scene.File("text", 666);
        scene.Must(chown(path, User.Alice.Id, User.Alice.Group));
        using (As(User.Bob))
        {
            scene.Fails(EPERM, TryOpen(path, O_RDONLY | O_NOATIME));
        }
        using (As(User.Alice))
        {
            int descriptor = scene.Open(path, O_RDONLY | O_NOATIME);
            scene.Must(utimensat(path, new Timestamp(1, 0), Timestamp.Omit));
            scene.Equal(4, read(descriptor, new byte[4]));
            scene.Equal(1, scene.Status(path).Accessed.Seconds);
        }
    }

    private static void CreateReadOnly(Scene scene)
    {
        string folder = scene.FolderOf(User.Alice);
        foreach (int mode in new[] { 0, 400, 444, 200 })
        {
            string path = $"{folder}/m{mode}";
            using (As(User.Alice))
            {
                int descriptor = scene.Open(path, O_CREAT | O_EXCL | O_RDWR, mode);
                scene.At($"{mode}");
                scene.Equal(3, write(descriptor, "abc"u8));
                scene.Equal(3, pread(descriptor, new byte[3], 0));
                scene.Fails(EACCES, TryOpen(path, O_RDWR));
                scene.Close(descriptor);
            }
            scene.Equal("abc", scene.Content(path));
        }
    }

    private static void AccessMode(Scene scene)
    {
        string path = scene.File("content");
        int reader = scene.Open(path, O_RDONLY);
        int writer = scene.Open(path, O_WRONLY);
        scene.Fails(EBADF, write(reader, "x"u8));
        scene.Fails(EBADF, pwrite(reader, "x"u8, 0));
        scene.Fails(EINVAL, ftruncate(reader, 0));
        scene.Fails(EBADF, fallocate(reader, 0, 0, 10));
        scene.Fails(EBADF, read(writer, new byte[1]));
        scene.Fails(EBADF, pread(writer, new byte[1], 0));
        scene.Equal((long)O_RDONLY, fcntl(reader, F_GETFL) & O_ACCMODE);
        scene.Equal((long)O_WRONLY, fcntl(writer, F_GETFL) & O_ACCMODE);
        scene.Close(reader);
        scene.Fails(EBADF, read(reader, new byte[1]));
        scene.Fails(EBADF, close(reader));
        scene.Equal("content", scene.Content(path));
    }

    private static void TrailingSlash(Scene scene)
    {
        string path = scene.File();
        scene.Fails(ENOTDIR, TryOpen($"{path}/", O_RDONLY));
        scene.Fails(EISDIR, TryOpen("new/", O_RDWR | O_CREAT));
        scene.Fails(ENOENT, TryOpen("new/", O_RDONLY));
        scene.Fails(ENOENT, lstat("new", out _));
    }

    private static void Temporary(Scene scene)
    {
        long opened = Kernel.open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, Octal(640));
        if (opened == -EISDIR)
        {
            Skip("no O_TMPFILE here (EISDIR)");
        }
        SkipUnless(opened, "O_TMPFILE");
        int descriptor = scene.Keep(scene.Must(opened));
        scene.Equal("", string.Join(' ', scene.List(".")));
        scene.Equal(0UL, scene.Status(descriptor).Links);
        scene.Mode(640, scene.Status(descriptor).Mode);
        scene.Equal(4, write(descriptor, "text"u8));
        scene.Ok(linkat(AT_FDCWD, $"/proc/self/fd/{descriptor}", AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
        scene.Equal(1UL, scene.Status("named").Links);
        scene.Equal(scene.Status(descriptor).Inode, scene.Status("named").Inode);
        scene.Equal("text", scene.Content("named"));
        scene.Ok(linkat(AT_FDCWD, $"/proc/self/fd/{descriptor}", AT_FDCWD, "again", AT_SYMLINK_FOLLOW));
        scene.Equal(2UL, scene.Status("named").Links);
        scene.Fails(EINVAL, TryOpen(".", O_TMPFILE | O_RDONLY));
        scene.Fails(ENOTDIR, TryOpen("named", O_TMPFILE | O_RDWR));
        scene.Fails(ENOENT, TryOpen("missing", O_TMPFILE | O_RDWR));
    }

    private static void TemporaryExclusive(Scene scene)
    {
        long opened = Kernel.open(".", O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, Octal(640));
        if (opened == -EISDIR)
        {
            Skip("no O_TMPFILE here (EISDIR)");
        }
        SkipUnless(opened, "O_TMPFILE");
        int descriptor = scene.Keep(scene.Must(opened));
        scene.Fails(ENOENT, linkat(AT_FDCWD, $"/proc/self/fd/{descriptor}", AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
        scene.Equal(4, write(descriptor, "text"u8));
        scene.Close(descriptor);
        scene.Equal("", string.Join(' ', scene.List(".")));
    }

    private static void Positions(Scene scene)
    {
        string path = scene.File("0123456789");
        int first = scene.Open(path, O_RDONLY);
        int second = scene.Open(path, O_RDONLY);
        int copy = scene.Keep(scene.Must(dup(first)));
        byte[] buffer = new byte[4];
        scene.Equal(4, read(first, buffer));
        scene.Equal(0, lseek(second, 0, SEEK_CUR));
        scene.Equal(4, lseek(copy, 0, SEEK_CUR));
        scene.Equal(8, lseek(copy, 4, SEEK_CUR));
        scene.Equal(2, read(first, buffer));
        scene.Equal(0, read(first, buffer));
        scene.Equal(3, pread(first, buffer, 7));
        scene.Equal(10, lseek(first, 0, SEEK_CUR));
        scene.Equal(12, lseek(first, 2, SEEK_END));
        scene.Equal(0, read(first, buffer), "read beyond the end");
        scene.Fails(EINVAL, lseek(first, -1, SEEK_SET));
        scene.Fails(EINVAL, lseek(first, -11, SEEK_END));
        scene.Fails(EINVAL, lseek(first, 0, 99));
        scene.Fails(EINVAL, pread(first, buffer, -1));
    }

    private static void NoDriver(Scene scene)
    {
        if (!scene.Nodes)
        {
            Skip("the caller can make no device nodes here");
        }
        scene.Must(statfs(".", out FileSystemStatus status));
        scene.Must(mknod("node", S_IFCHR | Octal(666), Device(4000, 4000)));
        scene.Fails((status.Flags & ST_NODEV) != 0 ? EACCES : ENXIO, TryOpen("node", O_RDONLY));
    }

    private static void NoTimes(Scene scene)
    {
        string path = scene.File("text");
        scene.Touches(Times.None, path, () => TryOpen(path, O_RDWR), "open and close");
        scene.Touches(Times.None, path, () => TryOpen(path, O_RDWR | O_CREAT | O_APPEND), "open with O_CREAT of what is there");
    }
}

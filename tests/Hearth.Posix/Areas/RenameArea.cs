namespace Hearth.Posix.Areas;

/// <summary>rename(2), renameat2(2).</summary>
internal static class RenameArea
{
    private const string Within = "a rename within the directory";

    public static Area Area { get; } = new("rename",
    [
        .. PathErrors.Of("rename from", "rename to"),
        .. Removal.Of("rename from", path => rename(path, path + "-moved"), directories: false),
        .. Removal.Of("rename over", path => Over(path), directories: false, removes: false).Select(one => one with { Name = $"over a file {one.Name}" }),
        .. Removal.Of("rename of a directory", path => rename(path, path + "-moved"), directories: true).Select(one => one with { Name = $"of a directory {one.Name}" }),
        new("every type keeps what it is", Keeps),
        new("every type replaces every other that is no directory", Replaces),
        new("a directory replaces an empty directory only", Directories),
        new("a directory cannot move below itself", BelowItself),
        new("'.' and '..' cannot be renamed", Dots),
        new("two names of one file stay", SameFile),
        new("times of both directories and of the file", TimesOf),
        new("a directory that changes its parent must be writable itself", MovesParent, Needs.Users),
        new("an open file is the same after a rename", OpenFile),
        new("a replaced file that is open stays whole", ReplacedOpen),
        new("an open directory and the working directory follow", OpenDirectory),
        new("a reader sees the old or the new file, never none", Atomic),
        new("slashes at the end", TrailingSlash),
        new("another file system is EXDEV", OtherFileSystem),
        new("NOREPLACE leaves what is there", NoReplace),
        new("EXCHANGE swaps every pair of types", Exchange),
        new("EXCHANGE of directories and what is in them", ExchangeTrees),
        new("flags that contradict are EINVAL", BadFlags),
    ]);

    /// <summary>A file of the caller, moved over the path.</summary>
    private static long Over(string path)
    {
        string own = path + "-own";
        long made = TryMake(FileKind.Regular, own);
        return made < 0 ? made : rename(own, path);
    }

    private static void Keeps(Scene scene)
    {
        string folder = scene.Folder();
        foreach (FileKind kind in scene.Kinds)
        {
            string path = scene.Make(kind, 751);
            FileStatus before = scene.LinkStatus(path);
            foreach (string to in new[] { scene.Fresh(), $"{folder}/{scene.Fresh()}", $"{scene.Directory}/{scene.Fresh()}", new string('r', NAME_MAX) })
            {
                scene.At($"{kind} to {to}");
                scene.Ok(rename(path, to));
                scene.Fails(ENOENT, lstat(path, out _));
                FileStatus after = scene.LinkStatus(to);
                scene.Equal((before.Inode, before.RawMode, before.Links), (after.Inode, after.RawMode, after.Links));
                scene.Equal((before.UserId, before.GroupId, before.Size), (after.UserId, after.GroupId, after.Size));
                path = to;
            }
            scene.Drop(kind, path);
        }
    }

    private static void Replaces(Scene scene)
    {
        foreach (FileKind from in scene.NotDirectories)
        {
            foreach (FileKind to in scene.NotDirectories)
            {
                string source = scene.Make(from);
                string target = scene.Make(to);
                string second = scene.Fresh();
                scene.Must(link(target, second));
                ulong inode = scene.LinkStatus(source).Inode;
                scene.At($"{from} over {to}");
                scene.Ok(rename(source, target));
                scene.Fails(ENOENT, lstat(source, out _));
                scene.Equal(inode, scene.LinkStatus(target).Inode);
                scene.Equal(TypeOf(from), scene.LinkStatus(target).Type);
                scene.Equal(1UL, scene.LinkStatus(second).Links, "links of the other name of what was replaced");
            }
            string folder = scene.Folder();
            string file = scene.Make(from);
            scene.At($"{from}");
            scene.Fails(EISDIR, rename(file, folder));
            scene.Fails(ENOTDIR, rename(folder, file));
            scene.Equal(S_IFDIR, scene.Status(folder).Type);
            scene.Equal(TypeOf(from), scene.LinkStatus(file).Type);
        }
    }

    private static void Directories(Scene scene)
    {
        foreach (FileKind kind in scene.Kinds)
        {
            string moved = scene.Folder();
            string full = scene.Folder();
            string empty = scene.Folder();
            scene.Make(kind, $"{full}/inside");
            scene.Make(kind, $"{moved}/content");
            ulong inode = scene.Status(moved).Inode;
            scene.At($"{kind} inside");
            scene.Fails(ENOTEMPTY, EEXIST, rename(moved, full));
            scene.Ok(rename(moved, empty));
            scene.Equal(inode, scene.Status(empty).Inode);
            scene.Equal("content", string.Join(' ', scene.List(empty)));
            scene.Fails(ENOENT, lstat(moved, out _));
            scene.Ok(rename(empty, empty));
        }
    }

    private static void BelowItself(Scene scene)
    {
        string folder = scene.Folder();
        scene.Must(mkdir($"{folder}/below", Octal(755)));
        scene.Must(mkdir($"{folder}/below/deep", Octal(755)));
        scene.Fails(EINVAL, rename(folder, $"{folder}/new"));
        scene.Fails(EINVAL, rename(folder, $"{folder}/below/new"));
        scene.Fails(EINVAL, rename(folder, $"{folder}/below/deep"));
        scene.Fails(ENOTEMPTY, EEXIST, rename($"{folder}/below/deep", folder));
        scene.Fails(ENOTEMPTY, EEXIST, rename($"{folder}/below", folder));
    }

    private static void Dots(Scene scene)
    {
        string folder = scene.Folder();
        string other = scene.Folder();
        foreach (string bad in new[] { ".", "..", $"{folder}/.", $"{folder}/.." })
        {
            scene.Fails(EBUSY, EINVAL, rename(bad, "new"), $"rename of '{bad}'");
            scene.Fails(EBUSY, EINVAL, rename(other, bad), $"rename to '{bad}'");
        }
    }

    private static void SameFile(Scene scene)
    {
        foreach (FileKind kind in scene.NotDirectories)
        {
            string path = scene.Make(kind);
            string other = scene.Fresh();
            scene.Must(link(path, other));
            scene.At($"{kind}");
            scene.Ok(rename(path, other));
            scene.Ok(rename(path, path));
            scene.Equal(2UL, scene.LinkStatus(path).Links);
            scene.Equal(scene.LinkStatus(path).Inode, scene.LinkStatus(other).Inode);
        }
    }

    private static void TimesOf(Scene scene)
    {
        foreach (FileKind kind in scene.Kinds)
        {
            string one = scene.Folder();
            string two = scene.Folder();
            scene.Make(kind, $"{one}/file");
            FileStatus before = scene.LinkStatus($"{one}/file");
            scene.Touches(Times.Content, one, () => rename($"{one}/file", $"{one}/other"), $"{Within}, {kind}");
            scene.Touches(Times.Content, one, () => rename($"{one}/other", $"{two}/file"), $"rename of a {kind} out of it");
            scene.Touches(Times.Content, two, () => rename($"{two}/file", $"{one}/file"), $"rename of a {kind} out of it");
            scene.Touches(Times.Content, two, () => rename($"{one}/file", $"{two}/file"), $"rename of a {kind} into it");
            FileStatus after = scene.LinkStatus($"{two}/file");
            scene.Equal(before.Modified, after.Modified, $"mtime of the {kind}");
            scene.FailsUntouched(ENOENT, two, () => rename($"{two}/none", $"{two}/file"), "rename of what is not there");
        }
    }

    private static void MovesParent(Scene scene)
    {
        string one = scene.FolderOf(User.Alice);
        string two = scene.FolderOf(User.Alice);
        foreach (int mode in new[] { 555, 0, 755, 300 })
        {
            string name = scene.Fresh();
            scene.Must(mkdir($"{one}/{name}", Octal(mode)));
            scene.Must(chown($"{one}/{name}", User.Alice.Id, User.Alice.Group));
            using (As(User.Alice))
            {
                // Its ".." changes.
                scene.Gives(mode is 755 or 300 ? 0 : EACCES, rename($"{one}/{name}", $"{two}/{name}"), $"move a directory of mode {mode}");
                scene.Ok(rename($"{(mode is 755 or 300 ? two : one)}/{name}", $"{one}/{name}-renamed"), $"{Within} of a directory of mode {mode}");
            }
        }
    }

    private static void OpenFile(Scene scene)
    {
        string path = scene.File("0123");
        string folder = scene.Folder();
        int descriptor = scene.Open(path, O_RDWR);
        scene.Must(rename(path, $"{folder}/moved"));
        scene.Equal(4, pwrite(descriptor, "4567"u8, 4));
        scene.Equal("01234567", scene.Content($"{folder}/moved"));
        scene.Ok(fchmod(descriptor, Octal(604)));
        scene.Mode(604, scene.Status($"{folder}/moved").Mode);
        scene.Ok(ftruncate(descriptor, 2));
        scene.Equal("01", scene.Content($"{folder}/moved"));
        scene.Ok(rename(folder, "renamed"));
        scene.Equal(1, pwrite(descriptor, "x"u8, 0));
        scene.Equal("x1", scene.Content("renamed/moved"));
        scene.Equal(scene.Status(descriptor).Inode, scene.Status("renamed/moved").Inode);
    }

    private static void ReplacedOpen(Scene scene)
    {
        string old = scene.File("old");
        string fresh = scene.File("new");
        int descriptor = scene.Open(old, O_RDWR);
        scene.Must(rename(fresh, old));
        byte[] buffer = new byte[3];
        scene.Equal(3, pread(descriptor, buffer, 0));
        scene.That(buffer.AsSpan().SequenceEqual("old"u8));
        scene.Equal(0UL, scene.Status(descriptor).Links);
        scene.Equal(3, pwrite(descriptor, "OLD"u8, 0));
        scene.Equal("new", scene.Content(old));
    }

    private static void OpenDirectory(Scene scene)
    {
        string folder = scene.Folder();
        string other = scene.Folder();
        scene.Make(FileKind.Regular, $"{folder}/file");
        int descriptor = scene.Open(folder, O_RDONLY | O_DIRECTORY);
        scene.Must(fchdir(descriptor));
        scene.Must(rename($"../{folder}", $"../{other}/moved"));
        scene.Ok(stat("file", out _));
        scene.Ok(TryMake(FileKind.Regular, "later"));
        scene.Equal("file later", string.Join(' ', scene.List(".")));
        scene.Must(chdir(scene.Directory));
        scene.Equal("file later", string.Join(' ', scene.List($"{other}/moved")));
        scene.Equal(scene.Status(other).Inode, scene.Status($"{other}/moved/..").Inode, "'..' is the new parent");
        scene.Ok(fstatat(descriptor, "later", out _, 0));
    }

    private static void Atomic(Scene scene)
    {
        string target = $"{scene.Directory}/{scene.File("0000")}";
        bool done = false;
        int missing = 0, odd = 0, read = 0;
        Thread reader = new(() =>
        {
            byte[] buffer = new byte[8];
            while (!Volatile.Read(ref done))
            {
                int descriptor = (int)open(target, O_RDONLY | O_CLOEXEC);
                missing += descriptor < 0 ? 1 : 0;
                odd += descriptor >= 0 && pread(descriptor, buffer, 0) != 4 ? 1 : 0;
                _ = close(descriptor);
                read++;
            }
        });
        reader.Start();
        for (int i = 0; i < 300; i++)
        {
            string next = scene.File("1111");
            scene.Ok(rename(next, target), "rename over what is read");
        }
        Volatile.Write(ref done, true);
        reader.Join();
        scene.Equal((0, 0), (missing, odd), $"opens that found no file, or not its content, of {read}");
    }

    private static void TrailingSlash(Scene scene)
    {
        string file = scene.File();
        string folder = scene.Folder();
        scene.Fails(ENOTDIR, rename($"{file}/", "new"));
        scene.Fails(ENOTDIR, rename(file, "new/"));
        scene.Ok(rename($"{folder}/", "new-folder/"));
        scene.Equal(S_IFDIR, scene.Status("new-folder").Type);
    }

    private static void OtherFileSystem(Scene scene)
    {
        string file = scene.File();
        scene.Fails(EXDEV, rename(file, "/proc/new"));
        scene.Fails(EXDEV, rename("/proc/version", "new"));
        scene.Ok(lstat(file, out _));
    }

    private static void NoReplace(Scene scene)
    {
        string probe = scene.File();
        if (renameat2(probe, scene.Fresh(), RENAME_NOREPLACE) == -EINVAL)
        {
            Skip("no RENAME_NOREPLACE here (EINVAL)");
        }
        foreach (FileKind from in scene.Kinds)
        {
            foreach (FileKind to in scene.Kinds)
            {
                string source = scene.Make(from);
                string target = scene.Make(to);
                ulong inode = scene.LinkStatus(target).Inode;
                scene.Fails(EEXIST, renameat2(source, target, RENAME_NOREPLACE), $"NOREPLACE of a {from} to a {to}");
                scene.Equal(inode, scene.LinkStatus(target).Inode, $"the {to} stays");
                scene.Ok(lstat(source, out _), $"the {from} stays");
            }
            string moved = scene.Make(from);
            string free = scene.Fresh();
            scene.Ok(renameat2(moved, free, RENAME_NOREPLACE), $"NOREPLACE of a {from} to a free name");
            scene.Equal(TypeOf(from), scene.LinkStatus(free).Type);
        }
    }

    private static void Exchange(Scene scene)
    {
        if (renameat2(scene.File(), scene.File(), RENAME_EXCHANGE) == -EINVAL)
        {
            Skip("no RENAME_EXCHANGE here (EINVAL)");
        }
        string folder = scene.Folder();
        foreach (FileKind from in scene.Kinds)
        {
            foreach (FileKind to in scene.Kinds)
            {
                string source = scene.Make(from);
                string target = $"{folder}/{scene.Fresh()}";
                scene.Make(to, target);
                FileStatus first = scene.LinkStatus(source);
                FileStatus second = scene.LinkStatus(target);
                scene.At($"{from} with {to}");
                scene.Ok(renameat2(source, target, RENAME_EXCHANGE));
                scene.Equal((second.Inode, second.RawMode), (scene.LinkStatus(source).Inode, scene.LinkStatus(source).RawMode));
                scene.Equal((first.Inode, first.RawMode), (scene.LinkStatus(target).Inode, scene.LinkStatus(target).RawMode));
            }
            string alone = scene.Make(from);
            scene.Fails(ENOENT, renameat2(alone, scene.Fresh(), RENAME_EXCHANGE), $"EXCHANGE of a {from} with nothing");
            scene.Ok(renameat2(alone, alone, RENAME_EXCHANGE), $"EXCHANGE of a {from} with itself");
        }
    }

    private static void ExchangeTrees(Scene scene)
    {
        string one = scene.Folder();
        string two = scene.Folder();
        scene.Must(mkdir($"{one}/a", Octal(755)));
        scene.Make(FileKind.Regular, $"{one}/a/in-a");
        scene.Make(FileKind.Regular, $"{two}/b");
        if (renameat2($"{one}/a", $"{two}/b", RENAME_EXCHANGE) == -EINVAL)
        {
            Skip("no RENAME_EXCHANGE here (EINVAL)");
        }
        scene.Equal("in-a", string.Join(' ', scene.List($"{two}/b")));
        scene.Equal(S_IFREG, scene.Status($"{one}/a").Type);
        scene.Equal(scene.Status(two).Inode, scene.Status($"{two}/b/..").Inode);
        scene.Fails(EINVAL, renameat2(two, $"{two}/b", RENAME_EXCHANGE));
        scene.Fails(EINVAL, renameat2($"{two}/b", two, RENAME_EXCHANGE));
    }

    private static void BadFlags(Scene scene)
    {
        string one = scene.File();
        string two = scene.File();
        scene.Fails(EINVAL, renameat2(one, two, RENAME_NOREPLACE | RENAME_EXCHANGE));
        scene.Fails(EINVAL, renameat2(one, two, RENAME_WHITEOUT | RENAME_EXCHANGE));
        scene.Fails(EINVAL, renameat2(one, two, 0x100));
        scene.Fails(EBADF, renameat2(-1, one, AT_FDCWD, two, 0));
    }
}

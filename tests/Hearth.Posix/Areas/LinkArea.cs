namespace Hearth.Posix.Areas;

/// <summary>link(2), linkat(2).</summary>
internal static class LinkArea
{
    public static Area Area { get; } = new("link",
    [
        .. PathErrors.Of("link from", "link to"),
        new("all names are one file", OneFile),
        new("a change by one name is seen by the others", Shared),
        new("a name that exists is EEXIST", Exists),
        new("a directory is EPERM", Directories, Needs.Users),
        new("a symbolic link is linked itself unless linkat follows", Links),
        new("needs write permission of the directory", Permission, Needs.Users),
        new("a name for a file of somebody else", Foreign, Needs.Users),
        new("times of the file and of the directory", TimesOf),
        new("many names", Many),
        new("across directories, and after a rename", Across),
        new("a file without a name cannot be linked by descriptor", Unlinked),
    ]);

    private static void OneFile(Scene scene)
    {
        foreach (FileKind kind in scene.NotDirectories)
        {
            string path = scene.Make(kind);
            FileStatus first = scene.LinkStatus(path);
            scene.Equal(1UL, first.Links, $"links of a new {kind}");
            for (ulong i = 2; i < 6; i++)
            {
                string other = scene.Fresh();
                scene.At($"{kind}, {i}");
                scene.Ok(link(path, other));
                FileStatus status = scene.LinkStatus(other);
                scene.Equal(first.Inode, status.Inode);
                scene.Equal(first.Device, status.Device);
                scene.Equal(first.RawMode, status.RawMode);
                scene.Equal(i, status.Links);
                scene.Equal(i, scene.LinkStatus(path).Links);
                path = other;
            }
            scene.Ok(unlink(path));
            scene.Equal(4UL, scene.LinkStatus(path[..1] + (int.Parse(path[1..], System.Globalization.CultureInfo.InvariantCulture) - 1)).Links);
        }
    }

    private static void Shared(Scene scene)
    {
        string path = scene.File("one");
        string other = scene.Fresh();
        scene.Must(link(path, other));
        int descriptor = scene.Open(path, O_RDWR);
        scene.Equal(4, pwrite(descriptor, "four"u8, 0));
        scene.Equal("four", scene.Content(other));
        scene.Ok(chmod(other, Octal(604)));
        scene.Mode(604, scene.Status(path).Mode);
        scene.Ok(utimensat(path, new Timestamp(1, 2), new Timestamp(3, 4)));
        scene.Equal(new Timestamp(3, 4), scene.Status(other).Modified);
        scene.Ok(truncate(other, 1));
        scene.Equal(1, scene.Status(path).Size);
        scene.Equal(1, scene.Status(descriptor).Size);
        scene.Must(unlink(path));
        scene.Equal(1UL, scene.Status(descriptor).Links);
        scene.Equal(2, pwrite(descriptor, "zz"u8, 0));
        scene.Equal("zz", scene.Content(other));
    }

    private static void Exists(Scene scene)
    {
        string path = scene.File();
        foreach (FileKind kind in scene.Kinds)
        {
            string other = scene.Make(kind);
            scene.Fails(EEXIST, link(path, other), $"link to where a {kind} is");
            scene.Equal(TypeOf(kind), scene.LinkStatus(other).Type);
        }
        scene.Fails(EEXIST, link(path, path));
        scene.Fails(EEXIST, link(path, "."));
        scene.Fails(ENOENT, link(path, "new/"));
        scene.Equal(1UL, scene.Status(path).Links);
    }

    private static void Directories(Scene scene)
    {
        string folder = scene.FolderOf(User.Alice);
        string room = scene.Folder(777);
        scene.Fails(EPERM, link(folder, "linked"));
        scene.Fails(EPERM, link(".", "linked"));
        using (As(User.Alice))
        {
            scene.Fails(EPERM, link(folder, $"{room}/linked"));
        }
        scene.Must(symlink(folder, "to-folder"));
        scene.Fails(EPERM, linkat(AT_FDCWD, "to-folder", AT_FDCWD, "linked", AT_SYMLINK_FOLLOW));
    }

    private static void Links(Scene scene)
    {
        string file = scene.File("text");
        scene.Must(symlink(file, "soft"));
        scene.Ok(link("soft", "soft-again"));
        scene.Equal(scene.LinkStatus("soft").Inode, scene.LinkStatus("soft-again").Inode);
        scene.Equal(2UL, scene.LinkStatus("soft").Links);
        scene.Ok(linkat(AT_FDCWD, "soft", AT_FDCWD, "hard", AT_SYMLINK_FOLLOW));
        scene.Equal(scene.Status(file).Inode, scene.LinkStatus("hard").Inode);
        scene.Fails(EINVAL, linkat(AT_FDCWD, "soft", AT_FDCWD, "bad", 0x10));
        scene.Must(symlink("missing", "dangling"));
        scene.Ok(link("dangling", "dangling-again"));
        scene.Fails(ENOENT, linkat(AT_FDCWD, "dangling", AT_FDCWD, "bad", AT_SYMLINK_FOLLOW));
    }

    private static void Permission(Scene scene)
    {
        foreach ((int mode, User user, bool allowed) in new[]
        {
            (300, User.Alice, true), (577, User.Alice, false), (677, User.Alice, false), (0, User.Root, true), (30, User.BobOfAlices, true), (757, User.BobOfAlices, false),
            (3, User.Bob, true), (775, User.Bob, false), (30, User.BobBesideAlice, true), (707, User.BobBesideAlice, false),
        })
        {
            string from = scene.Folder(777);
            string to = scene.FolderOf(User.Alice, mode);
            string file = $"{from}/file";
            scene.Make(FileKind.Regular, file);
            scene.Must(chown(file, user.Id, user.Group));
            using (As(user))
            {
                scene.Gives(allowed ? 0 : EACCES, link(file, $"{to}/linked"), $"link into a directory of mode {mode} as {user}");
            }
            scene.Equal(allowed ? 2UL : 1UL, scene.Status(file).Links, $"links with mode {mode} as {user}");
        }
    }

    private static void Foreign(Scene scene)
    {
        string room = scene.Folder(777);
        bool guarded = ProtectedLinks();
        foreach ((int mode, bool harmless) in new[] { (666, true), (644, false), (600, false), (4666, false), (0, false) })
        {
            string file = scene.Fresh();
            scene.Make(FileKind.Regular, file);
            scene.Must(chmod(file, Octal(mode)));
            using (As(User.Bob))
            {
                // proc(5), protected_hardlinks: a file that the caller neither owns nor may write, or that has a set-user-ID bit.
                scene.Gives(guarded && !harmless ? EPERM : 0, link(file, $"{room}/{file}"), $"link of root's file of mode {mode}, guarded: {guarded}");
            }
        }
    }

    private static bool ProtectedLinks()
    {
        int descriptor = (int)open("/proc/sys/fs/protected_hardlinks", O_RDONLY | O_CLOEXEC);
        byte[] text = new byte[1];
        _ = read(descriptor, text);
        _ = close(descriptor);
        return text[0] == (byte)'1';
    }

    private static void TimesOf(Scene scene)
    {
        foreach (FileKind kind in scene.NotDirectories)
        {
            string folder = scene.Folder();
            string path = scene.Make(kind);
            scene.Touches(Times.Changed, path, () => link(path, $"{folder}/one"), $"link of a {kind}");
            scene.Touches(Times.Content, folder, () => link(path, $"{folder}/two"), $"link of a {kind} into it");
            scene.FailsUntouched(EEXIST, path, () => link(path, $"{folder}/two"), $"link of a {kind} to a name in use");
            scene.FailsUntouched(EEXIST, folder, () => link(path, $"{folder}/two"), $"link of a {kind} to a name in use");
        }
    }

    private static void Many(Scene scene)
    {
        string path = scene.File("text");
        for (int i = 0; i < 200; i++)
        {
            scene.Ok(link(path, $"link{i}"), $"link {i}");
        }
        scene.Equal(201UL, scene.Status(path).Links);
        ulong inode = scene.Status(path).Inode;
        int descriptor = scene.Open(".", O_RDONLY | O_DIRECTORY);
        List<DirectoryEntry> entries = [];
        scene.Must(Tree.Read(descriptor, entries));
        scene.Equal(201, entries.Count(entry => entry.Inode == inode), "entries with the inode number of the file");
        for (int i = 0; i < 200; i++)
        {
            scene.Ok(unlink($"link{i}"), $"unlink {i}");
        }
        scene.Equal(1UL, scene.Status(path).Links);
    }

    private static void Across(Scene scene)
    {
        string one = scene.Folder();
        string two = scene.Folder();
        scene.Make(FileKind.Regular, $"{one}/file");
        ulong inode = scene.Status($"{one}/file").Inode;
        scene.Ok(link($"{one}/file", $"{two}/file"));
        scene.Ok(rename($"{one}/file", $"{one}/renamed"));
        scene.Equal(inode, scene.Status($"{two}/file").Inode);
        scene.Equal(2UL, scene.Status($"{one}/renamed").Links);
        scene.Ok(rename($"{one}/renamed", $"{two}/file"), "rename of one name onto the other does nothing");
        scene.Equal("renamed", string.Join(' ', scene.List(one)));
        scene.Equal(2UL, scene.Status($"{two}/file").Links);
        scene.Ok(unlink($"{two}/file"));
        scene.Equal(inode, scene.Status($"{one}/renamed").Inode);
        scene.Equal(1UL, scene.Status($"{one}/renamed").Links);
        scene.Fails(EXDEV, link("/proc/version", "linked"));
    }

    private static void Unlinked(Scene scene)
    {
        string path = scene.File();
        int descriptor = scene.Open(path, O_RDWR);
        scene.Must(unlink(path));
        scene.Fails(ENOENT, linkat(AT_FDCWD, $"/proc/self/fd/{descriptor}", AT_FDCWD, "again", AT_SYMLINK_FOLLOW));
        scene.Fails(ENOENT, link(path, "again"));
    }
}

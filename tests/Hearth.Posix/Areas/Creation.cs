namespace Hearth.Posix.Areas;

/// <summary>What holds for every call that makes a file, by type.</summary>
internal static class Creation
{
    public static Case[] Of(FileKind kind) =>
    [
        new($"{kind}: a name that exists is EEXIST", scene => Exists(scene, kind)),
        new($"{kind}: the mode is what was asked for less the umask", scene => Mode(scene, kind)),
        new($"{kind}: has one name, no content and its type", scene => Shape(scene, kind)),
        new($"{kind}: belongs to the caller", scene => Owner(scene, kind), Needs.Users),
        new($"{kind}: in a set-group-ID directory takes the directory's group", scene => SetGroup(scene, kind), Needs.Users),
        .. kind < FileKind.Character ? [new Case($"{kind}: needs write and search permission of the directory", scene => Permission(scene, kind), Needs.Users)] : Array.Empty<Case>(),
        new($"{kind}: is new in all times, and its directory in two", scene => TimesOf(scene, kind)),
        new($"{kind}: a refused one leaves the directory's times alone", scene => RefusedTimes(scene, kind), Needs.Users),
        new($"{kind}: the longest name can be had", scene => LongestName(scene, kind)),
        new($"{kind}: not in a directory that was removed", scene => InRemoved(scene, kind)),
    ];

    private static void Needed(Scene scene, FileKind kind)
    {
        if (kind >= FileKind.Character && !scene.Nodes)
        {
            Skip("the caller can make no device nodes here");
        }
    }

    private static void Exists(Scene scene, FileKind kind)
    {
        Needed(scene, kind);
        foreach (FileKind other in scene.Kinds)
        {
            string path = scene.Make(other);
            ulong inode = scene.LinkStatus(path).Inode;
            scene.Fails(EEXIST, TryMake(kind, path), $"make {kind} where a {other} is");
            scene.Equal(inode, scene.LinkStatus(path).Inode, $"inode of the {other}");
        }
        string folder = scene.Folder();
        scene.Fails(EEXIST, TryMake(kind, "."), $"make {kind} '.'");
        scene.Fails(EEXIST, TryMake(kind, ".."), $"make {kind} '..'");
        scene.Fails(EEXIST, TryMake(kind, $"{folder}/."), $"make {kind} 'directory/.'");
        scene.Fails(EEXIST, TryMake(kind, "/"), $"make {kind} '/'");
        scene.Must(symlink(folder, "to-folder"));
        scene.Fails(EEXIST, TryMake(kind, "to-folder"), $"make {kind} where a link to a directory is");
        scene.Ok(TryMake(kind, $"to-folder/{kind}"), $"make {kind} behind a link to a directory");
        scene.Equal($"{kind}", string.Join(' ', scene.List(folder)), "names in the directory");
    }

    private static void Mode(Scene scene, FileKind kind)
    {
        Needed(scene, kind);
        foreach (int mask in new[] { 0, 22, 77, 27, 777, 151, 345, 501 })
        {
            foreach (int mode in new[] { 0, 777, 755, 644, 600, 151, 666 })
            {
                scene.At($"mode {mode}, umask {mask}");
                string path = scene.Fresh();
                _ = umask(Octal(mask));
                scene.Ok(TryMake(kind, path, mode), $"make {kind}");
                _ = umask(0);
                uint expected = kind == FileKind.Symlink ? Octal(777) : Octal(mode) & ~Octal(mask);
                scene.Equal(Show(expected), Show(scene.LinkStatus(path).Mode), "mode");
            }
        }
        foreach (int mode in kind is FileKind.Regular or FileKind.Fifo ? new[] { 4755, 2755, 1755, 7777 } : kind == FileKind.Directory ? [1755, 1777] : [])
        {
            scene.At($"mode {mode}");
            string path = scene.Fresh();
            scene.Ok(TryMake(kind, path, mode), $"make {kind}");
            scene.Mode(mode, scene.LinkStatus(path).Mode);
        }
    }

    private static void Shape(Scene scene, FileKind kind)
    {
        Needed(scene, kind);
        FileStatus status = scene.LinkStatus(scene.Make(kind));
        scene.Equal(TypeOf(kind), status.Type);
        scene.That(status.Inode != 0);
        if (kind != FileKind.Directory)
        {
            scene.Equal(1UL, status.Links);
            scene.Equal(kind == FileKind.Symlink ? "nowhere".Length : 0, status.Size);
        }
        if (kind is FileKind.Character or FileKind.Block)
        {
            scene.Equal(kind == FileKind.Character ? Device(1, 3) : Device(7, 200), status.NodeDevice);
        }
        int folder = scene.Open(".", O_RDONLY | O_DIRECTORY);
        List<DirectoryEntry> entries = [];
        scene.Must(Tree.Read(folder, entries));
        DirectoryEntry own = entries.Find(entry => entry.Inode == status.Inode);
        scene.That(own.Name is not null, "the directory lists it with its inode number");
        scene.That(own.Type == 0 || own.Type == status.Type >> 12, "the directory lists it with its type");
    }

    private static void Owner(Scene scene, FileKind kind)
    {
        Needed(scene, kind);
        string folder = scene.Folder(777);
        foreach (User user in new[] { User.Root, User.Alice, User.BobOfAlices, User.BobBesideAlice })
        {
            if (kind >= FileKind.Character && user != User.Root)
            {
                using (As(user))
                {
                    // mknod(2): only with CAP_MKNOD.
                    scene.Fails(EPERM, TryMake(kind, $"{folder}/none"), $"make {kind} as {user}");
                }
                continue;
            }
            string path = $"{folder}/{scene.Fresh()}";
            scene.At($"{user}");
            using (As(user))
            {
                scene.Ok(TryMake(kind, path), $"make {kind}");
            }
            FileStatus status = scene.LinkStatus(path);
            scene.Equal((user.Id, user.Group), (status.UserId, status.GroupId), "owner and group");
        }
    }

    private static void SetGroup(Scene scene, FileKind kind)
    {
        Needed(scene, kind);
        string folder = scene.Folder();
        scene.Must(chown(folder, User.Alice.Id, User.Team));
        scene.Must(chmod(folder, Octal(2777)));
        foreach (User user in new[] { User.Root, User.Alice, User.AliceOfTeam, User.Bob })
        {
            if (kind >= FileKind.Character && user != User.Root)
            {
                continue;
            }
            string path = $"{folder}/{scene.Fresh()}";
            scene.At($"{user}");
            using (As(user))
            {
                scene.Ok(TryMake(kind, path, 755), $"make {kind}");
            }
            FileStatus status = scene.LinkStatus(path);
            scene.Equal((user.Id, User.Team), (status.UserId, status.GroupId), "owner and group");
            scene.Mode(kind == FileKind.Directory ? 2755 : kind == FileKind.Symlink ? 777 : 755, status.Mode);
        }
    }

    private static void Permission(Scene scene, FileKind kind)
    {
        Needed(scene, kind);
        (int Mode, User User, bool Allowed)[] table =
        [
            (300, User.Alice, true), (200, User.Alice, false), (100, User.Alice, false), (577, User.Alice, false), (677, User.Alice, false), (700, User.Alice, true),
            (30, User.BobOfAlices, true), (20, User.BobOfAlices, false), (757, User.BobOfAlices, false), (770, User.BobOfAlices, true),
            (30, User.BobBesideAlice, true), (10, User.BobBesideAlice, false), (707, User.BobBesideAlice, false), (767, User.BobBesideAlice, false),
            (3, User.Bob, true), (2, User.Bob, false), (1, User.Bob, false), (775, User.Bob, false), (776, User.Bob, false), (777, User.Bob, true), (0, User.Root, true),
        ];
        foreach ((int mode, User user, bool allowed) in table)
        {
            string folder = scene.FolderOf(User.Alice, mode);
            using (As(user))
            {
                scene.Gives(allowed ? 0 : EACCES, TryMake(kind, $"{folder}/new"), $"make {kind} in a directory of mode {mode} as {user}");
            }
        }
    }

    private static void TimesOf(Scene scene, FileKind kind)
    {
        Needed(scene, kind);
        string folder = scene.Folder();
        string path = $"{folder}/new";
        Timestamp before = scene.Status(folder).Changed;
        scene.Touches(Times.Content, folder, () => TryMake(kind, path), $"making a {kind} in it");
        FileStatus status = scene.LinkStatus(path);
        scene.Later(before, status.Accessed);
        scene.Later(before, status.Modified);
        scene.Later(before, status.Changed);
    }

    private static void RefusedTimes(Scene scene, FileKind kind)
    {
        Needed(scene, kind);
        string folder = scene.Folder();
        scene.Make(FileKind.Regular, $"{folder}/there");
        scene.FailsUntouched(EEXIST, folder, () => TryMake(kind, $"{folder}/there"), $"making a {kind} where a file is");
        scene.FailsUntouched(EACCES, folder, () => AsAlice($"{folder}/new"), $"making a {kind} without permission");

        long AsAlice(string path)
        {
            using (As(User.Alice))
            {
                return TryMake(kind, path);
            }
        }
    }

    private static void LongestName(Scene scene, FileKind kind)
    {
        Needed(scene, kind);
        string longest = new('x', NAME_MAX);
        scene.Ok(TryMake(kind, longest), $"make {kind} with a name of 255 bytes");
        scene.Equal(TypeOf(kind), scene.LinkStatus(longest).Type);
        scene.That(scene.List(".").Contains(longest), "it is listed");
        scene.Drop(kind, longest);
    }

    private static void InRemoved(Scene scene, FileKind kind)
    {
        Needed(scene, kind);
        string folder = scene.Folder();
        int descriptor = scene.Open(folder, O_RDONLY | O_DIRECTORY);
        scene.Must(fchdir(descriptor));
        scene.Must(rmdir($"../{folder}"));
        scene.Fails(ENOENT, TryMake(kind, "new"), $"make {kind} in the removed working directory");
        scene.Must(chdir(scene.Directory));
    }
}

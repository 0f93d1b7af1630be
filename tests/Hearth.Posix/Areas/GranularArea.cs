namespace Hearth.Posix.Areas;

/// <summary>Permission that depends on more than one call: search of the way, groups, sticky and set-group-ID directories, set-user-ID bits, umask.</summary>
internal static class GranularArea
{
    public static Area Area { get; } = new("granular",
    [
        new("each directory on the way must be searchable", Search, Needs.Users),
        new("reading a directory is not searching it", ReadNotSearch, Needs.Users),
        new("the first class that matches decides", FirstClass, Needs.Users),
        new("any of the supplementary groups counts", Supplementary, Needs.Users),
        new("root passes all but execution", RootPasses, Needs.Users),
        new("a set-group-ID file of a foreign group loses the bit", NewSetGroup, Needs.Users),
        new("a write clears set-user-ID and set-group-ID", WriteClears, Needs.Users),
        new("root's write clears nothing", RootWrite, Needs.Users),
        new("execution needs an x of the caller's class", Execution, Needs.Users),
        new("set-group-ID is inherited down a tree", InheritTree, Needs.Users),
        new("a sticky directory lets anybody make and only owners move", StickyMoves, Needs.Users),
        new("umask is taken by every call", Umask),
        new("the working directory is in reach after its way is closed", WorkingDirectory, Needs.Users),
        new("access asks as the real user", AccessReal, Needs.Users),
        new("a link's mode does not matter", LinkMode, Needs.Users),
        new("two users see one truth", TwoUsers, Needs.Users),
    ]);

    private static readonly User[] s_users = [User.Alice, User.Bob, User.BobOfAlices, User.BobBesideAlice, User.Root];

    /// <summary>Bits of the class in which a user is for a file of Alice and her group.</summary>
    private static uint BitsOf(User user, uint mode) =>
        user == User.Root ? 7 : user == User.Alice ? (mode >> 6) & 7 : user.Group == User.Alice.Group || user.Groups.Contains(User.Alice.Group) ? (mode >> 3) & 7 : mode & 7;

    private static void Search(Scene scene)
    {
        string[] way = ["one", "one/two", "one/two/three"];
        foreach (string folder in way)
        {
            scene.Must(mkdir(folder, Octal(755)));
            scene.Must(chown(folder, User.Alice.Id, User.Alice.Group));
        }
        scene.Make(FileKind.Regular, "one/two/three/file", 666);
        foreach (string closed in way)
        {
            foreach (int mode in new[] { 0, 100, 10, 1, 677, 767, 776, 666, 711 })
            {
                scene.Must(chmod(closed, Octal(mode)));
                foreach (User user in s_users)
                {
                    bool passes = (BitsOf(user, Octal(mode)) & 1) != 0;
                    using ActingAs acting = As(user);
                    scene.At($"{closed} has {mode}, {user}");
                    scene.Gives(passes ? 0 : EACCES, stat("one/two/three/file", out _));
                    scene.Gives(passes ? 0 : EACCES, TryOpen("one/two/three/file", O_RDWR));
                    scene.Gives(passes ? ENOENT : EACCES, stat("one/two/three/none", out _));
                }
            }
            scene.Must(chmod(closed, Octal(755)));
        }
    }

    private static void ReadNotSearch(Scene scene)
    {
        string folder = scene.FolderOf(User.Alice);
        scene.Make(FileKind.Regular, $"{folder}/file", 644);
        foreach (User user in s_users)
        {
            for (uint bits = 0; bits < 8; bits++)
            {
                scene.Must(chmod(folder, bits | (bits << 3) | (bits << 6)));
                using ActingAs acting = As(user);
                bool root = user == User.Root;
                scene.At($"{user}, bits {bits}");
                scene.Gives(root || (bits & 4) != 0 ? 0 : EACCES, TryOpen(folder, O_RDONLY | O_DIRECTORY));
                scene.Gives(root || (bits & 1) != 0 ? 0 : EACCES, stat($"{folder}/file", out _));
                scene.Gives(root || (bits & 1) != 0 ? 0 : EACCES, chdir($"{folder}") is var result && result >= 0 ? chdir("..") : result);
                scene.Gives(root || (bits & 3) == 3 ? 0 : EACCES, TryMake(FileKind.Regular, $"{folder}/new{user.Id}") is var made && made >= 0 ? unlink($"{folder}/new{user.Id}") : made);
            }
        }
    }

    private static void FirstClass(Scene scene)
    {
        string path = scene.File("x");
        scene.Must(chown(path, User.Alice.Id, User.Alice.Group));
        for (uint mode = 0; mode < 0x200; mode += 37)
        {
            scene.Must(chmod(path, mode));
            foreach (User user in s_users)
            {
                uint bits = BitsOf(user, mode);
                using ActingAs acting = As(user);
                scene.At($"{user}, {Show(mode)}");
                scene.Gives((bits & 4) != 0 ? 0 : EACCES, TryOpen(path, O_RDONLY));
                scene.Gives((bits & 2) != 0 ? 0 : EACCES, TryOpen(path, O_WRONLY));
                scene.Gives((bits & 6) == 6 ? 0 : EACCES, TryOpen(path, O_RDWR));
            }
        }
    }

    private static void Supplementary(Scene scene)
    {
        string path = scene.File("x", 60);
        string folder = scene.Folder(70);
        uint[] many = [.. Enumerable.Range(70_000, 40).Select(id => (uint)id)];
        User member = new("bob of forty groups", User.Bob.Id, User.Bob.Group, many);
        foreach (uint group in new[] { many[0], many[15], many[16], many[31], many[32], many[39] })
        {
            scene.Must(chown(path, 0, group));
            scene.Must(chown(folder, 0, group));
            scene.At($"{group}");
            using (As(member))
            {
                scene.Ok(TryOpen(path, O_RDWR));
                scene.Ok(TryMake(FileKind.Regular, $"{folder}/g{group}"));
                scene.Ok(unlink($"{folder}/g{group}"));
                scene.Equal("", string.Join(' ', scene.List(folder)));
            }
            using (As(User.Bob))
            {
                scene.Fails(EACCES, TryOpen(path, O_RDWR));
                scene.Fails(EACCES, TryMake(FileKind.Regular, $"{folder}/new"));
            }
        }
        scene.At("own group");
        scene.Must(chown(path, User.Bob.Id, -1));
        using (As(User.Bob))
        {
            scene.Ok(chown(path, -1, User.Bob.Group));
        }
        using (As(member))
        {
            scene.Ok(chown(path, -1, many[20]));
            scene.Fails(EPERM, chown(path, -1, 70_040));
        }
    }

    private static void RootPasses(Scene scene)
    {
        string path = scene.File("x");
        string folder = scene.FolderOf(User.Alice, 0);
        scene.Must(chown(path, User.Alice.Id, User.Alice.Group));
        scene.Must(chmod(path, 0));
        scene.Ok(TryOpen(path, O_RDWR));
        scene.Ok(TryMake(FileKind.Regular, $"{folder}/new"));
        scene.Ok(access(path, R_OK | W_OK));
        scene.Fails(EACCES, access(path, X_OK));
        scene.Ok(access(folder, X_OK));
        scene.Must(chmod(path, Octal(1)));
        scene.Gives(scene.RunsPrograms ? 0 : EACCES, access(path, X_OK));
    }

    private static void NewSetGroup(Scene scene)
    {
        string folder = scene.Folder();
        scene.Must(chown(folder, 0, User.Team));
        scene.Must(chmod(folder, Octal(2777)));
        foreach ((User user, int asked, int expected) in new[]
        {
            (User.Alice, 2755, 755), (User.Alice, 2711, 711), (User.AliceOfTeam, 2755, 2755), (User.Alice, 4755, 4755), (User.Alice, 2644, 2644), (User.Root, 2755, 2755),
        })
        {
            string path = $"{folder}/{scene.Fresh()}";
            using (As(user))
            {
                scene.Must(TryMake(FileKind.Regular, path, asked));
            }
            scene.Mode(expected, scene.Status(path).Mode, $"mode of a file made with {asked} by {user}");
            scene.Equal(User.Team, scene.Status(path).GroupId);
        }
    }

    private static void WriteClears(Scene scene)
    {
        foreach ((int before, int after) in new[] { (4777, 777), (2777, 777), (6777, 777), (1777, 1777), (777, 777), (4666, 666) })
        {
            string path = scene.File("content");
            scene.Must(chown(path, User.Alice.Id, User.Alice.Group));
            foreach (User user in new[] { User.Alice, User.Bob })
            {
                scene.Must(chmod(path, Octal(before)));
                using ActingAs acting = As(user);
                scene.At($"{before}, {user}");
                int descriptor = scene.Open(path, O_RDWR);
                scene.Mode(before, scene.Status(path).Mode, "mode after open");
                scene.Equal(1, pwrite(descriptor, "x"u8, 0));
                scene.Mode(after, scene.Status(path).Mode, "mode after write");
                scene.Mode(after, scene.Status(descriptor).Mode, "mode of the descriptor after write");
            }
        }
    }

    private static void RootWrite(Scene scene)
    {
        string path = scene.File("content");
        scene.Must(chmod(path, Octal(6755)));
        int descriptor = scene.Open(path, O_RDWR);
        scene.Equal(1, pwrite(descriptor, "x"u8, 0));
        scene.Mode(6755, scene.Status(path).Mode);
        scene.Ok(ftruncate(descriptor, 3));
        scene.Mode(6755, scene.Status(path).Mode);
    }

    private static void Execution(Scene scene)
    {
        string program = TinyProgram.Write(scene);
        bool runs = scene.RunsPrograms;
        scene.Must(chown(program, User.Alice.Id, User.Alice.Group));
        foreach (int mode in new[] { 0, 100, 10, 1, 666, 677, 767, 776, 755 })
        {
            scene.Must(chmod(program, Octal(mode)));
            foreach (User user in s_users)
            {
                bool allowed = runs && (user == User.Root ? (Octal(mode) & 0x49) != 0 : (BitsOf(user, Octal(mode)) & 1) != 0);
                using ActingAs acting = As(user);
                scene.Gives(allowed ? 0 : EACCES, access(program, X_OK), $"X_OK of mode {mode} as {user}");
                scene.Gives(allowed ? 0 : EACCES, faccessat2(program, X_OK, AT_EACCESS), $"X_OK of mode {mode} as effective {user}");
            }
        }
    }

    private static void InheritTree(Scene scene)
    {
        string top = scene.Folder();
        scene.Must(chown(top, User.Alice.Id, User.Team));
        scene.Must(chmod(top, Octal(2777)));
        string folder = top;
        for (int depth = 0; depth < 10; depth++)
        {
            folder += "/d";
            using (As(depth % 2 == 0 ? User.Alice : User.Bob))
            {
                scene.Must(mkdir(folder, Octal(777)));
                scene.Must(TryMake(FileKind.Regular, $"{folder}/file", 664));
            }
            scene.At($"depth {depth}");
            scene.Mode(2777, scene.Status(folder).Mode);
            scene.Equal(User.Team, scene.Status(folder).GroupId);
            scene.Equal(User.Team, scene.Status($"{folder}/file").GroupId);
            scene.Mode(664, scene.Status($"{folder}/file").Mode);
        }
        scene.Must(mkdir("plain", Octal(777)));
        scene.Must(rename("plain", $"{top}/moved"));
        scene.Equal(0u, scene.Status($"{top}/moved").GroupId, "group of what is moved in");
        scene.Mode(777, scene.Status($"{top}/moved").Mode);
    }

    private static void StickyMoves(Scene scene)
    {
        string room = scene.Folder(1777);
        using (As(User.Alice))
        {
            scene.Must(TryMake(FileKind.Regular, $"{room}/alices", 666));
            scene.Must(mkdir($"{room}/alices-folder", Octal(777)));
        }
        using (As(User.Bob))
        {
            scene.Must(TryMake(FileKind.Regular, $"{room}/bobs", 666));
            scene.Fails(EPERM, unlink($"{room}/alices"));
            scene.Fails(EPERM, rename($"{room}/alices", $"{room}/taken"));
            scene.Fails(EPERM, rename($"{room}/bobs", $"{room}/alices"));
            scene.Fails(EPERM, rmdir($"{room}/alices-folder"));
            scene.Fails(EPERM, rename($"{room}/alices-folder", $"{room}/taken"));
            scene.Ok(TryOpen($"{room}/alices", O_RDWR), "what anybody may write");
            scene.Ok(TryMake(FileKind.Regular, $"{room}/alices-folder/bobs"), "a directory below that is not sticky");
            scene.Ok(rename($"{room}/alices-folder/bobs", $"{room}/moved"));
            scene.Ok(rename($"{room}/bobs", $"{room}/mine"));
            scene.Ok(unlink($"{room}/mine"));
            scene.Ok(unlink($"{room}/moved"));
        }
        using (As(User.Alice))
        {
            scene.Ok(unlink($"{room}/alices"));
            scene.Ok(rmdir($"{room}/alices-folder"));
        }
    }

    private static void Umask(Scene scene)
    {
        foreach (int mask in new[] { 0, 22, 27, 77, 177, 777 })
        {
            foreach (FileKind kind in scene.NotLinks)
            {
                string path = scene.Fresh();
                _ = umask(Octal(mask));
                scene.Must(TryMake(kind, path, 777));
                _ = umask(0);
                scene.Equal(Show(Octal(777) & ~Octal(mask)), Show(scene.Status(path).Mode), $"mode of a {kind} with umask {mask}");
            }
        }
    }

    private static void WorkingDirectory(Scene scene)
    {
        string outer = scene.FolderOf(User.Alice);
        scene.Must(mkdir($"{outer}/inner", Octal(777)));
        scene.Make(FileKind.Regular, $"{outer}/inner/file");
        scene.Must(chdir($"{outer}/inner"));
        scene.Must(chmod("..", 0));
        using (As(User.Bob))
        {
            scene.Ok(stat("file", out _));
            scene.Ok(TryMake(FileKind.Regular, "new"));
            scene.Fails(EACCES, stat("../inner/file", out _));
            scene.Fails(EACCES, chdir("../inner"));
        }
        scene.Must(chdir(scene.Directory));
    }

    private static void AccessReal(Scene scene)
    {
        string path = scene.File("x", 600);
        // Real user Bob, effective user root.
        scene.Must(setresuid(User.Bob.Id, 0, 0));
        long real = access(path, R_OK);
        long effective = faccessat2(path, R_OK, AT_EACCESS);
        scene.Must(setresuid(0, 0, 0));
        scene.Fails(EACCES, real);
        scene.Ok(effective);
    }

    private static void LinkMode(Scene scene)
    {
        string path = scene.File("x", 600);
        scene.Must(chown(path, User.Bob.Id, User.Bob.Group));
        scene.Must(symlink(path, "link"));
        using (As(User.Bob))
        {
            scene.Ok(TryOpen("link", O_RDWR), "another one's link to an own file");
        }
        using (As(User.Alice))
        {
            scene.Fails(EACCES, TryOpen("link", O_RDWR));
            scene.Ok(readlink("link", out _));
        }
    }

    private static void TwoUsers(Scene scene)
    {
        string folder = scene.FolderOf(User.Alice, 770);
        using (As(User.Alice))
        {
            scene.Must(TryMake(FileKind.Regular, $"{folder}/file", 640));
        }
        for (int i = 0; i < 10; i++)
        {
            scene.At($"round {i}");
            using (As(User.BobOfAlices))
            {
                scene.Ok(TryOpen($"{folder}/file", O_RDONLY));
                scene.Fails(EACCES, TryOpen($"{folder}/file", O_WRONLY));
            }
            using (As(User.Bob))
            {
                scene.Fails(EACCES, stat($"{folder}/file", out _));
            }
            using (As(User.Alice))
            {
                scene.Ok(chmod($"{folder}/file", Octal(600)));
            }
            using (As(User.BobOfAlices))
            {
                scene.Fails(EACCES, TryOpen($"{folder}/file", O_RDONLY));
            }
            using (As(User.Alice))
            {
                scene.Ok(chmod($"{folder}/file", Octal(640)));
            }
        }
    }
}

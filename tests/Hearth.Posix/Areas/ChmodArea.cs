namespace Hearth.Posix.Areas;

/// <summary>chmod(2), fchmod(2).</summary>
internal static class ChmodArea
{
    public static Area Area { get; } = new("chmod",
    [
        .. PathErrors.Of("chmod"),
        new("the mode of every type is set whole", SetsMode),
        new("a link is followed", FollowsLink),
        new("the owner and root may, nobody else", OwnerAndRoot, Needs.Users),
        new("set-group-ID is dropped for a group that is not the caller's", ForeignGroup, Needs.Users),
        new("the sticky bit of a file", Sticky, Needs.Users),
        new("ctime moves with success only", ChangeTime),
        new("ctime stays when it is refused", RefusedChangeTime, Needs.Users),
        new("an open descriptor keeps its rights", OpenKeepsRights, Needs.Users),
        new("the mode does not depend on the umask", NoUmask),
    ]);

    private static readonly int[] s_modes = [0, 1, 2, 4, 7, 10, 111, 222, 333, 400, 444, 555, 600, 644, 666, 700, 711, 755, 777, 1777, 2755, 4755, 6711, 7777];

    private static void SetsMode(Scene scene)
    {
        foreach (FileKind kind in scene.NotLinks)
        {
            string path = scene.Make(kind);
            foreach (int mode in s_modes)
            {
                scene.At($"{kind}, {mode}");
                scene.Ok(chmod(path, Octal(mode)));
                scene.Mode(mode, scene.Status(path).Mode);
                scene.Equal(TypeOf(kind), scene.Status(path).Type, "type stays");
            }
            scene.Ok(chmod(path, Octal(755)));
        }
        int file = scene.Open(scene.File(), O_RDONLY);
        int folder = scene.Open(scene.Folder(), O_RDONLY | O_DIRECTORY);
        foreach (int mode in s_modes)
        {
            scene.At($"by descriptor, {mode}");
            scene.Ok(fchmod(file, Octal(mode)));
            scene.Mode(mode, scene.Status(file).Mode);
            scene.Ok(fchmod(folder, Octal(mode)));
            scene.Mode(mode, scene.Status(folder).Mode);
        }
        scene.Fails(EBADF, fchmod(-1, 0));
    }

    private static void FollowsLink(Scene scene)
    {
        foreach (FileKind kind in scene.NotLinks)
        {
            scene.At($"{kind}");
            string path = scene.Make(kind);
            string link = scene.Fresh();
            scene.Must(symlink(path, link));
            uint before = scene.LinkStatus(link).Mode;
            scene.Ok(chmod(link, Octal(321)));
            scene.Mode(321, scene.Status(path).Mode);
            scene.Equal(before, scene.LinkStatus(link).Mode, "mode of the link");
        }
    }

    private static void OwnerAndRoot(Scene scene)
    {
        foreach (FileKind kind in scene.NotLinks)
        {
            string path = scene.Make(kind, 666);
            scene.Must(chown(path, User.Alice.Id, User.Alice.Group));
            scene.At($"{kind}");
            using (As(User.Alice))
            {
                scene.Ok(chmod(path, Octal(640)));
                scene.Mode(640, scene.Status(path).Mode);
            }
            foreach (User user in new[] { User.Bob, User.BobOfAlices, User.BobBesideAlice })
            {
                using (As(user))
                {
                    scene.Fails(EPERM, chmod(path, Octal(777)), $"chmod by {user}");
                }
                scene.Mode(640, scene.Status(path).Mode);
            }
            scene.Ok(chmod(path, Octal(604)));
            scene.Mode(604, scene.Status(path).Mode);
        }
    }

    private static void ForeignGroup(Scene scene)
    {
        string path = scene.File();
        scene.Must(chown(path, User.Alice.Id, User.Team));
        foreach ((User user, int expected) in new[] { (User.Alice, 755), (User.AliceOfTeam, 2755) })
        {
            scene.At($"{user}");
            scene.Must(chmod(path, Octal(644)));
            using (As(user))
            {
                scene.Ok(chmod(path, Octal(2755)));
            }
            scene.Mode(expected, scene.Status(path).Mode);
        }
        string folder = scene.Folder();
        scene.Must(chown(folder, User.Alice.Id, User.Team));
        using (As(User.Alice))
        {
            scene.Ok(chmod(folder, Octal(2755)));
        }
        scene.Mode(755, scene.Status(folder).Mode);
        scene.Ok(chmod(path, Octal(6755)));
        scene.Mode(6755, scene.Status(path).Mode);
    }

    private static void Sticky(Scene scene)
    {
        // chmod(2): on Linux anybody may set the sticky bit of an own file; it means nothing there.
        foreach (FileKind kind in new[] { FileKind.Regular, FileKind.Directory, FileKind.Fifo })
        {
            scene.At($"{kind}");
            string path = scene.Make(kind);
            scene.Must(chown(path, User.Alice.Id, User.Alice.Group));
            using (As(User.Alice))
            {
                scene.Ok(chmod(path, Octal(1755)));
            }
            scene.Mode(1755, scene.Status(path).Mode);
        }
    }

    private static void ChangeTime(Scene scene)
    {
        foreach (FileKind kind in scene.NotLinks)
        {
            string path = scene.Make(kind);
            scene.Touches(Times.Changed, path, () => chmod(path, Octal(711)), $"chmod of a {kind}");
        }
        string file = scene.File();
        int descriptor = scene.Open(file, O_RDONLY);
        scene.Touches(Times.Changed, file, () => fchmod(descriptor, Octal(711)), "fchmod");
    }

    private static void RefusedChangeTime(Scene scene)
    {
        foreach (FileKind kind in scene.NotLinks)
        {
            string path = scene.Make(kind);
            scene.FailsUntouched(EPERM, path, () => Refused(path), $"chmod by a stranger of a {kind}");
        }

        static long Refused(string path)
        {
            using (As(User.Bob))
            {
                return chmod(path, Octal(777));
            }
        }
    }

    private static void OpenKeepsRights(Scene scene)
    {
        string path = scene.File("text", 666);
        int descriptor = -1;
        using (As(User.Bob))
        {
            descriptor = scene.Open(path, O_RDWR);
        }
        scene.Ok(chmod(path, 0));
        using (As(User.Bob))
        {
            byte[] buffer = new byte[4];
            scene.Equal(4, read(descriptor, buffer));
            scene.Equal(4, pwrite(descriptor, buffer, 4));
            scene.Ok(ftruncate(descriptor, 2));
            scene.Fails(EACCES, TryOpen(path, O_RDONLY));
            scene.Fails(EACCES, truncate(path, 0));
        }
    }

    private static void NoUmask(Scene scene)
    {
        string path = scene.File();
        _ = umask(Octal(777));
        scene.Ok(chmod(path, Octal(666)));
        scene.Mode(666, scene.Status(path).Mode);
        _ = umask(0);
    }
}

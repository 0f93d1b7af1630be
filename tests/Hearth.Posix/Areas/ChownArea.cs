namespace Hearth.Posix.Areas;

/// <summary>chown(2), lchown(2), fchown(2), fchownat(2).</summary>
internal static class ChownArea
{
    public static Area Area { get; } = new("chown",
    [
        .. PathErrors.Of("chown", "lchown"),
        new("root gives every type to anybody", SetsOwner, Needs.Users),
        new("minus one leaves an id as it is", Keeps, Needs.Users),
        new("a link is followed by chown and not by lchown", Links, Needs.Users),
        new("the owner changes the group to one of the own", OwnGroups, Needs.Users),
        new("nobody but root gives a file away", GivesAway, Needs.Users),
        new("set-user-ID and set-group-ID are cleared", ClearsSetId, Needs.Users),
        new("root's chown clears set-user-ID of a file that can be run", RootClears, Needs.Users),
        new("ctime moves with success only", ChangeTime, Needs.Users),
        new("the descriptor of an unlinked file", Unlinked, Needs.Users),
        new("big ids are kept", BigIds, Needs.Users),
    ]);

    private static void SetsOwner(Scene scene)
    {
        foreach (FileKind kind in scene.Kinds)
        {
            string path = scene.Make(kind);
            foreach ((uint user, uint group) in new (uint, uint)[] { (123, 456), (65501, 65511), (0, 0), (65534, 65534), (1, 0), (0, 1) })
            {
                scene.At($"{kind} {user}:{group}");
                scene.Ok(lchown(path, user, group));
                scene.Equal(user, scene.LinkStatus(path).UserId);
                scene.Equal(group, scene.LinkStatus(path).GroupId);
                if (kind != FileKind.Symlink)
                {
                    scene.Ok(chown(path, group, user));
                    scene.Equal(group, scene.Status(path).UserId);
                    scene.Equal(user, scene.Status(path).GroupId);
                }
            }
        }
        scene.At("by descriptor");
        string file = scene.File();
        int descriptor = scene.Open(file, O_RDONLY);
        scene.Ok(fchown(descriptor, 7, 8));
        scene.Equal((7u, 8u), (scene.Status(file).UserId, scene.Status(file).GroupId));
        scene.Ok(fchownat(descriptor, "", 9, 10, AT_EMPTY_PATH));
        scene.Equal((9u, 10u), (scene.Status(file).UserId, scene.Status(file).GroupId));
        scene.Fails(EBADF, fchown(-1, 1, 1));
    }

    private static void Keeps(Scene scene)
    {
        foreach (FileKind kind in scene.Kinds)
        {
            string path = scene.Make(kind);
            scene.At($"{kind}");
            scene.Ok(lchown(path, 11, 22));
            scene.Ok(lchown(path, -1, 33));
            scene.Equal((11u, 33u), (scene.LinkStatus(path).UserId, scene.LinkStatus(path).GroupId));
            scene.Ok(lchown(path, 44, -1));
            scene.Equal((44u, 33u), (scene.LinkStatus(path).UserId, scene.LinkStatus(path).GroupId));
            scene.Ok(lchown(path, -1, -1));
            scene.Equal((44u, 33u), (scene.LinkStatus(path).UserId, scene.LinkStatus(path).GroupId));
        }
    }

    private static void Links(Scene scene)
    {
        foreach (FileKind kind in scene.NotLinks)
        {
            string path = scene.Make(kind);
            string link = scene.Fresh();
            scene.Must(symlink(path, link));
            scene.At($"{kind}");
            scene.Ok(chown(link, 11, 22));
            scene.Equal((11u, 22u), (scene.Status(path).UserId, scene.Status(path).GroupId));
            scene.Equal((0u, 0u), (scene.LinkStatus(link).UserId, scene.LinkStatus(link).GroupId));
            scene.Ok(lchown(link, 33, 44));
            scene.Equal((11u, 22u), (scene.Status(path).UserId, scene.Status(path).GroupId));
            scene.Equal((33u, 44u), (scene.LinkStatus(link).UserId, scene.LinkStatus(link).GroupId));
            scene.Ok(fchownat(AT_FDCWD, link, 55, 66, 0));
            scene.Equal((55u, 66u), (scene.Status(path).UserId, scene.Status(path).GroupId));
            scene.Ok(fchownat(AT_FDCWD, link, 77, 88, AT_SYMLINK_NOFOLLOW));
            scene.Equal((77u, 88u), (scene.LinkStatus(link).UserId, scene.LinkStatus(link).GroupId));
        }
    }

    private static void OwnGroups(Scene scene)
    {
        foreach (FileKind kind in scene.Kinds)
        {
            string path = scene.Make(kind);
            scene.At($"{kind}");
            scene.Must(lchown(path, User.Alice.Id, User.Alice.Group));
            using (As(User.AliceOfTeam))
            {
                scene.Ok(lchown(path, -1, User.Team));
                scene.Equal(User.Team, scene.LinkStatus(path).GroupId);
                scene.Ok(lchown(path, User.Alice.Id, User.Alice.Group));
                scene.Equal(User.Alice.Group, scene.LinkStatus(path).GroupId);
                scene.Fails(EPERM, lchown(path, -1, User.Bob.Group));
                scene.Fails(EPERM, lchown(path, User.Alice.Id, 0));
            }
            using (As(User.Alice))
            {
                scene.Fails(EPERM, lchown(path, -1, User.Team));
                scene.Ok(lchown(path, -1, -1));
            }
            scene.Equal((User.Alice.Id, User.Alice.Group), (scene.LinkStatus(path).UserId, scene.LinkStatus(path).GroupId));
        }
    }

    private static void GivesAway(Scene scene)
    {
        foreach (FileKind kind in scene.Kinds)
        {
            string path = scene.Make(kind, 666);
            scene.Must(lchown(path, User.Alice.Id, User.Alice.Group));
            scene.At($"{kind}");
            using (As(User.AliceOfTeam))
            {
                scene.Fails(EPERM, lchown(path, User.Bob.Id, -1));
                scene.Fails(EPERM, lchown(path, User.Bob.Id, User.Team));
                scene.Fails(EPERM, lchown(path, 0, 0));
            }
            foreach (User user in new[] { User.Bob, User.BobOfAlices, User.BobBesideAlice })
            {
                using (As(user))
                {
                    scene.Fails(EPERM, lchown(path, user.Id, -1), $"{user} takes the file");
                    scene.Fails(EPERM, lchown(path, -1, user.Group), $"{user} takes its group");
                    scene.Fails(EPERM, lchown(path, user.Id, user.Group), $"{user} takes both");
                }
            }
            scene.Equal((User.Alice.Id, User.Alice.Group), (scene.LinkStatus(path).UserId, scene.LinkStatus(path).GroupId));
        }
    }

    private static void ClearsSetId(Scene scene)
    {
        foreach ((int before, int after) in new[] { (4755, 755), (2755, 755), (6755, 755), (4711, 711), (6777, 777), (755, 755), (1755, 1755) })
        {
            string path = scene.File();
            scene.Must(chown(path, User.Alice.Id, User.Alice.Group));
            scene.Must(chmod(path, Octal(before)));
            scene.At($"{before}");
            using (As(User.AliceOfTeam))
            {
                scene.Ok(chown(path, -1, User.Team));
            }
            scene.Mode(after, scene.Status(path).Mode);
        }
        scene.At("directory");
        string folder = scene.FolderOf(User.Alice);
        scene.Must(chmod(folder, Octal(2755)));
        using (As(User.AliceOfTeam))
        {
            scene.Ok(chown(folder, -1, User.Team));
        }
        scene.Mode(2755, scene.Status(folder).Mode, "a directory keeps set-group-ID");
    }

    private static void RootClears(Scene scene)
    {
        // chown(2): Linux clears them for root as well; set-group-ID without group execute is mandatory locking's mark and stays.
        foreach ((int before, int after) in new[] { (4755, 755), (2755, 755), (6755, 755), (2745, 2745), (6745, 2745), (7777, 1777) })
        {
            string path = scene.File();
            scene.Must(chmod(path, Octal(before)));
            scene.At($"{before}");
            scene.Ok(chown(path, User.Alice.Id, User.Alice.Group));
            scene.Mode(after, scene.Status(path).Mode);
        }
        scene.At("directory");
        string folder = scene.Folder();
        scene.Must(chmod(folder, Octal(6755)));
        scene.Ok(chown(folder, User.Alice.Id, User.Alice.Group));
        scene.Mode(6755, scene.Status(folder).Mode);
    }

    private static void ChangeTime(Scene scene)
    {
        foreach (FileKind kind in scene.Kinds)
        {
            string path = scene.Make(kind);
            scene.Touches(Times.Changed, path, () => lchown(path, 5, 6), $"lchown of a {kind}");
            scene.FailsUntouched(EPERM, path, () => Refused(path), $"lchown by a stranger of a {kind}");
        }

        static long Refused(string path)
        {
            using (As(User.Bob))
            {
                return lchown(path, User.Bob.Id, -1);
            }
        }
    }

    private static void Unlinked(Scene scene)
    {
        string path = scene.File();
        int descriptor = scene.Open(path, O_RDWR);
        scene.Must(unlink(path));
        scene.Ok(fchown(descriptor, 12, 34));
        scene.Equal((12u, 34u), (scene.Status(descriptor).UserId, scene.Status(descriptor).GroupId));
        scene.Ok(fchmod(descriptor, Octal(604)));
        scene.Mode(604, scene.Status(descriptor).Mode);
    }

    private static void BigIds(Scene scene)
    {
        string path = scene.File();
        foreach (uint id in new uint[] { 65535, 65536, 100_000, int.MaxValue, 0x8000_0000, 0xFFFF_FFFE })
        {
            scene.At($"{id}");
            scene.Ok(chown(path, id, id));
            scene.Equal((id, id), (scene.Status(path).UserId, scene.Status(path).GroupId));
        }
    }
}

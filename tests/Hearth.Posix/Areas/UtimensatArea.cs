namespace Hearth.Posix.Areas;

/// <summary>utimensat(2), futimens(3), and who may do which of it.</summary>
internal static class UtimensatArea
{
    public static Area Area { get; } = new("utimensat",
    [
        .. PathErrors.Of("utimensat", "utimensat of the link"),
        new("every type takes the times that are given", Sets),
        new("UTIME_OMIT leaves one, UTIME_NOW takes the clock", NowAndOmit),
        new("ctime is the time of the call", ChangeTime),
        new("who may set which times", Rights, Needs.Users),
        new("a link is followed or not", Links),
        new("times before 1970 and after 2038", Range),
        new("nanoseconds that cannot be are EINVAL", BadNanoseconds),
        new("by descriptor", Descriptor),
        new("both omitted is nothing, for anybody", NothingToDo, Needs.Users),
    ]);

    private static void Sets(Scene scene)
    {
        foreach (FileKind kind in scene.Kinds)
        {
            string path = scene.Make(kind);
            foreach ((Timestamp accessed, Timestamp modified) in new[]
            {
                (new Timestamp(1, 0), new Timestamp(2, 0)), (new Timestamp(1_000_000_000, 0), new Timestamp(1_100_000_000, 0)), (new Timestamp(0, 0), new Timestamp(0, 0)),
                (new Timestamp(1_500_000_000, 999_999_999), new Timestamp(1_400_000_000, 1)), (new Timestamp(2_000_000_000, 123_456_789), new Timestamp(5, 5)),
            })
            {
                scene.At($"{kind}, {accessed} {modified}");
                scene.Ok(utimensat(path, accessed, modified, AT_SYMLINK_NOFOLLOW));
                scene.Equal(accessed, scene.LinkStatus(path).Accessed);
                scene.Equal(modified, scene.LinkStatus(path).Modified);
            }
        }
    }

    private static void NowAndOmit(Scene scene)
    {
        foreach (FileKind kind in scene.NotLinks)
        {
            string path = scene.Make(kind);
            Timestamp born = scene.Status(path).Changed;
            Timestamp old = new(1000, 1);
            scene.At($"{kind}");
            scene.Ok(utimensat(path, old, old));
            scene.Ok(utimensat(path, Timestamp.Omit, new Timestamp(7, 7)));
            scene.Equal((old, new Timestamp(7, 7)), (scene.Status(path).Accessed, scene.Status(path).Modified));
            scene.Ok(utimensat(path, new Timestamp(8, 8), Timestamp.Omit));
            scene.Equal((new Timestamp(8, 8), new Timestamp(7, 7)), (scene.Status(path).Accessed, scene.Status(path).Modified));
            scene.Ok(utimensat(path, Timestamp.Now, Timestamp.Omit));
            scene.That(scene.Status(path).Accessed >= born);
            scene.Equal(new Timestamp(7, 7), scene.Status(path).Modified);
            scene.Ok(utimensat(path, old, Timestamp.Now));
            scene.Equal(old, scene.Status(path).Accessed);
            scene.That(scene.Status(path).Modified >= born);
            scene.Ok(utimensat(path, old, old));
            scene.Ok(utimensatNull(path));
            scene.That(scene.Status(path).Accessed >= born);
            scene.Equal(scene.Status(path).Accessed, scene.Status(path).Modified);
        }
    }

    private static void ChangeTime(Scene scene)
    {
        foreach (FileKind kind in scene.Kinds)
        {
            string path = scene.Make(kind);
            scene.Touches(Times.Accessed | Times.Changed, path, () => utimensat(path, Timestamp.Now, Timestamp.Omit, AT_SYMLINK_NOFOLLOW), $"UTIME_NOW for atime of a {kind}");
            scene.Touches(Times.Content, path, () => utimensat(path, Timestamp.Omit, Timestamp.Now, AT_SYMLINK_NOFOLLOW), $"UTIME_NOW for mtime of a {kind}");
            scene.Touches(Times.None, path, () => utimensat(path, Timestamp.Omit, Timestamp.Omit, AT_SYMLINK_NOFOLLOW), $"UTIME_OMIT for both of a {kind}");
        }
    }

    private static void Rights(Scene scene)
    {
        Timestamp given = new(5, 5);
        // utimensat(2), table of permissions: now for both needs write permission or ownership, all else ownership.
        (string Name, Timestamp Accessed, Timestamp Modified, bool ByWriters)[] wishes =
        [
            ("both now", Timestamp.Now, Timestamp.Now, true), ("both given", given, given, false), ("atime given", given, Timestamp.Omit, false),
            ("mtime given", Timestamp.Omit, given, false), ("atime now", Timestamp.Now, Timestamp.Omit, false), ("mtime now", Timestamp.Omit, Timestamp.Now, false),
            ("now and given", Timestamp.Now, given, false),
        ];
        foreach (FileKind kind in scene.NotLinks)
        {
            string path = scene.Make(kind);
            scene.Must(chown(path, User.Alice.Id, User.Alice.Group));
            foreach ((User user, int mode, bool owner, bool writer) in new[]
            {
                (User.Root, 0, true, true), (User.Alice, 0, true, false), (User.Alice, 600, true, true), (User.Bob, 2, false, true), (User.Bob, 775, false, false),
                (User.BobOfAlices, 20, false, true), (User.BobBesideAlice, 20, false, true), (User.BobOfAlices, 757, false, false),
            })
            {
                scene.Must(chmod(path, Octal(mode)));
                using ActingAs acting = As(user);
                foreach ((string name, Timestamp accessed, Timestamp modified, bool byWriters) in wishes)
                {
                    int expected = owner || (byWriters && writer) ? 0 : byWriters ? EACCES : EPERM;
                    scene.Gives(expected, utimensat(path, accessed, modified), $"{name} of a {kind} of mode {mode} as {user}");
                }
                scene.Gives(owner || writer ? 0 : EACCES, utimensatNull(path), $"no times for a {kind} of mode {mode} as {user}");
            }
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
            scene.Ok(utimensat(link, new Timestamp(1, 0), new Timestamp(2, 0)));
            scene.Ok(utimensat(link, new Timestamp(3, 0), new Timestamp(4, 0), AT_SYMLINK_NOFOLLOW));
            scene.Equal((1L, 2L), (scene.Status(path).Accessed.Seconds, scene.Status(path).Modified.Seconds));
            scene.Equal(4L, scene.LinkStatus(link).Modified.Seconds);
        }
        scene.Must(symlink("missing", "dangling"));
        scene.Ok(utimensat("dangling", new Timestamp(3, 0), new Timestamp(4, 0), AT_SYMLINK_NOFOLLOW));
    }

    private static void Range(Scene scene)
    {
        string path = scene.File();
        // ext4 with inodes of 256 bytes has 1901 to 2446; what every file system must keep is the range of 32 bits, and the next bit.
        foreach (long seconds in new[] { -1, -1000, -2_000_000_000L, int.MaxValue, int.MaxValue + 1L, 4_000_000_000L, uint.MaxValue })
        {
            Timestamp time = new(seconds, 5);
            scene.At($"{seconds}");
            scene.Ok(utimensat(path, time, time));
            scene.Equal(time, scene.Status(path).Accessed);
            scene.Equal(time, scene.Status(path).Modified);
        }
    }

    private static void BadNanoseconds(Scene scene)
    {
        string path = scene.File();
        Timestamp before = scene.Status(path).Modified;
        foreach (long bad in new[] { -1, 1_000_000_000, Flags.UTIME_NOW + 1, long.MaxValue })
        {
            scene.Fails(EINVAL, utimensat(path, new Timestamp(1, bad), new Timestamp(1, 0)), $"atime with {bad} ns");
            scene.Fails(EINVAL, utimensat(path, new Timestamp(1, 0), new Timestamp(1, bad)), $"mtime with {bad} ns");
        }
        scene.Fails(EINVAL, utimensat(path, Timestamp.Now, Timestamp.Now, 0x10));
        scene.Equal(before, scene.Status(path).Modified);
    }

    private static void Descriptor(Scene scene)
    {
        string path = scene.File();
        int descriptor = scene.Open(path, O_RDONLY);
        scene.Ok(futimens(descriptor, new Timestamp(1, 2), new Timestamp(3, 4)));
        scene.Equal((new Timestamp(1, 2), new Timestamp(3, 4)), (scene.Status(path).Accessed, scene.Status(path).Modified));
        int writer = scene.Open(path, O_WRONLY);
        scene.Equal(1, write(writer, "x"u8));
        scene.Ok(futimens(writer, new Timestamp(5, 6), new Timestamp(7, 8)));
        scene.Ok(fsync(writer));
        scene.Close(writer);
        scene.Equal((new Timestamp(5, 6), new Timestamp(7, 8)), (scene.Status(path).Accessed, scene.Status(path).Modified), "times that were set after a write stay");
        scene.Fails(EBADF, futimens(-1, Timestamp.Now, Timestamp.Now));
        int folder = scene.Open(".", O_RDONLY);
        scene.Ok(futimens(folder, new Timestamp(9, 0), new Timestamp(10, 0)));
        scene.Equal(10L, scene.Status(".").Modified.Seconds);
    }

    private static void NothingToDo(Scene scene)
    {
        string path = scene.File("", 0);
        using (As(User.Bob))
        {
            scene.Ok(utimensat(path, Timestamp.Omit, Timestamp.Omit));
        }
    }
}

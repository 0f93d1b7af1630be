using System.Text;

namespace Hearth.Posix.Areas;

/// <summary>xattr(7): setxattr(2), getxattr(2), listxattr(2), removexattr(2).</summary>
internal static class AttributeArea
{
    public static Area Area { get; } = new("xattr",
    [
        .. PathErrors.Of("getxattr", "setxattr", "listxattr", "removexattr"),
        new("what is set is got, of any length and bytes", SetGet),
        new("the size is asked for with no room, too little room is ERANGE", Sizes),
        new("XATTR_CREATE and XATTR_REPLACE", CreateReplace),
        new("all names are listed", Lists),
        new("what is removed is gone", Removes),
        new("directories have them, links and nodes have no user. ones", Types),
        new("names that cannot be", BadNames),
        new("values up to 64 KiB, beyond is E2BIG", BigValues),
        new("user. ones follow the permissions of the file", Permission, Needs.Users),
        new("trusted. ones are for root", Trusted, Needs.Users),
        new("trusted. ones are not listed to others", TrustedListed, Needs.Users),
        new("by descriptor, by link and after a rename", Reach),
        new("a hard link has the same ones, a copy has none", SameFile),
    ]);

    private static void Need(Scene scene) => SkipUnless(setxattr(scene.File(), "user.probe", "x"u8), "user. attributes");

    private static void SetGet(Scene scene)
    {
        Need(scene);
        string path = scene.File();
        byte[] all = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];
        byte[] room = new byte[4096];
        foreach (int length in new[] { 0, 1, 2, 10, 100, 255, 256, 1000 })
        {
            byte[] value = [.. Enumerable.Range(0, length).Select(i => all[(i * 7) % 256])];
            scene.At($"{length}");
            scene.Ok(setxattr(path, "user.test", value));
            scene.Equal(length, getxattr(path, "user.test", room));
            scene.That(room.AsSpan(0, length).SequenceEqual(value), "the value");
        }
        scene.Fails(ENODATA, getxattr(path, "user.other", room));
        scene.Fails(ENODATA, getxattr(path, "user.tes", room));
    }

    private static void Sizes(Scene scene)
    {
        Need(scene);
        string path = scene.File();
        scene.Equal(0, listxattr(path, []));
        scene.Ok(setxattr(path, "user.test", "0123456789"u8));
        scene.Equal(10, getxattr(path, "user.test", []));
        scene.Fails(ERANGE, getxattr(path, "user.test", new byte[9]));
        scene.Equal(10, getxattr(path, "user.test", new byte[10]));
        scene.Equal(10, getxattr(path, "user.test", new byte[11]));
        scene.Equal(10, listxattr(path, []));
        scene.Fails(ERANGE, listxattr(path, new byte[9]));
        scene.Equal(10, listxattr(path, new byte[10]));
    }

    private static void CreateReplace(Scene scene)
    {
        Need(scene);
        string path = scene.File();
        scene.Fails(ENODATA, setxattr(path, "user.test", "a"u8, XATTR_REPLACE));
        scene.Ok(setxattr(path, "user.test", "a"u8, XATTR_CREATE));
        scene.Fails(EEXIST, setxattr(path, "user.test", "b"u8, XATTR_CREATE));
        scene.Equal("a", Value(path, "user.test"));
        scene.Ok(setxattr(path, "user.test", "c"u8, XATTR_REPLACE));
        scene.Equal("c", Value(path, "user.test"));
        scene.Ok(setxattr(path, "user.test", "d"u8));
        scene.Fails(EINVAL, setxattr(path, "user.test", "e"u8, 8));
        scene.Equal("d", Value(path, "user.test"));
    }

    private static string Value(string path, string name)
    {
        byte[] room = new byte[4096];
        long length = getxattr(path, name, room);
        return length < 0 ? Describe(length) : Encoding.Latin1.GetString(room, 0, (int)length);
    }

    private static string Names(string path)
    {
        byte[] room = new byte[65536];
        long length = listxattr(path, room);
        // Others than user. are the system's (security labels).
        return length < 0 ? Describe(length) : string.Join(' ', Encoding.Latin1.GetString(room, 0, (int)length).Split('\0').Where(name => name.StartsWith("user.", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    private static void Lists(Scene scene)
    {
        Need(scene);
        string path = scene.File();
        List<string> names = [];
        for (int i = 0; i < 40; i++)
        {
            names.Add($"user.name{i:D2}");
            scene.Ok(setxattr(path, names[^1], "v"u8));
            scene.Equal(string.Join(' ', names), Names(path));
        }
        for (int i = 0; i < 40; i += 2)
        {
            scene.Ok(removexattr(path, $"user.name{i:D2}"));
            names.Remove($"user.name{i:D2}");
            scene.Equal(string.Join(' ', names), Names(path));
        }
    }

    private static void Removes(Scene scene)
    {
        Need(scene);
        string path = scene.File();
        scene.Fails(ENODATA, removexattr(path, "user.test"));
        scene.Ok(setxattr(path, "user.test", "v"u8));
        scene.Ok(removexattr(path, "user.test"));
        scene.Fails(ENODATA, getxattr(path, "user.test", []));
        scene.Fails(ENODATA, removexattr(path, "user.test"));
        scene.Equal("", Names(path));
    }

    private static void Types(Scene scene)
    {
        Need(scene);
        foreach (FileKind kind in scene.Kinds)
        {
            string path = scene.Make(kind, 777);
            scene.At($"{kind}");
            // xattr(7): only regular files and directories have user. attributes.
            bool has = kind is FileKind.Regular or FileKind.Directory;
            scene.Gives(has ? 0 : EPERM, setxattr(path, "user.test", "v"u8, follow: false));
            long got = getxattr(path, "user.test", [], follow: false);
            scene.That(has ? got == 1 : got is -ENODATA or -EPERM, $"getxattr: {Describe(got)}");
            scene.Ok(listxattr(path, [], follow: false));
        }
    }

    private static void BadNames(Scene scene)
    {
        Need(scene);
        string path = scene.File();
        string longest = "user." + new string('n', 250);
        scene.Ok(setxattr(path, longest, "v"u8));
        scene.Equal("v", Value(path, longest));
        scene.Fails(ERANGE, setxattr(path, longest + "n", "v"u8));
        scene.Fails(ERANGE, setxattr(path, "", "v"u8));
        scene.Fails(EINVAL, setxattr(path, "user.", "v"u8));
        scene.Fails(EOPNOTSUPP, setxattr(path, "nonsense.name", "v"u8));
        scene.Fails(EOPNOTSUPP, setxattr(path, "name", "v"u8));
        scene.Ok(setxattr(path, "user.with space/\u00ff\u0001", "v"u8));
        scene.Equal("v", Value(path, "user.with space/\u00ff\u0001"));
    }

    private static void BigValues(Scene scene)
    {
        Need(scene);
        string path = scene.File();
        byte[] room = new byte[65537];
        foreach (int length in new[] { 2000, 3900, 4097, 16_384, 65_536 })
        {
            byte[] value = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 31 >> 3))];
            long result = setxattr(path, "user.big", value);
            if (result is -ENOSPC or -ERANGE)
            {
                Skip($"values here end below {length} bytes ({Describe(result)})");
            }
            scene.Ok(result, $"setxattr of {length}");
            scene.Equal(length, getxattr(path, "user.big", room));
            scene.That(room.AsSpan(0, length).SequenceEqual(value), $"the value of {length}");
        }
        scene.Equal(-7L, setxattr(path, "user.big", new byte[65_537]), "E2BIG of a value of 65537 bytes");
    }

    private static void Permission(Scene scene)
    {
        Need(scene);
        string path = scene.File();
        scene.Must(chown(path, User.Alice.Id, User.Alice.Group));
        scene.Must(setxattr(path, "user.test", "v"u8));
        foreach ((int mode, User user) in new[] { (400, User.Alice), (200, User.Alice), (0, User.Alice), (4, User.Bob), (2, User.Bob), (6, User.Bob), (40, User.BobOfAlices), (20, User.BobBesideAlice), (0, User.Root) })
        {
            scene.Must(chmod(path, Octal(mode)));
            using ActingAs acting = As(user);
            bool root = user == User.Root;
            bool reads = root || mode is 400 or 4 or 6 or 40, writes = root || mode is 200 or 2 or 6 or 20;
            scene.At($"{mode}, {user}");
            scene.Gives(reads ? 0 : EACCES, getxattr(path, "user.test", []));
            scene.Gives(writes ? 0 : EACCES, setxattr(path, "user.test", "w"u8));
            scene.Gives(writes ? ENODATA : EACCES, removexattr(path, "user.none"));
            scene.Ok(listxattr(path, []), "listxattr needs no permission of the file");
        }
    }

    private static string NeedTrusted(Scene scene)
    {
        Need(scene);
        string path = scene.File("", 666);
        long set = setxattr(path, "trusted.test", "v"u8);
        SkipUnless(set, "trusted. attributes");
        if (set == -EPERM)
        {
            Skip("no trusted. attributes without CAP_SYS_ADMIN (EPERM)");
        }
        scene.Ok(set);
        return path;
    }

    private static void Trusted(Scene scene)
    {
        string path = NeedTrusted(scene);
        scene.Equal("v", Value(path, "trusted.test"));
        using (As(User.Bob))
        {
            scene.Fails(EPERM, setxattr(path, "trusted.test", "w"u8));
            scene.Fails(ENODATA, getxattr(path, "trusted.test", []));
            scene.Fails(EPERM, removexattr(path, "trusted.test"));
        }
        scene.Equal("v", Value(path, "trusted.test"));
    }

    private static void TrustedListed(Scene scene)
    {
        string path = NeedTrusted(scene);
        using (As(User.Bob))
        {
            scene.Equal(0, listxattr(path, []));
        }
        scene.That(listxattr(path, []) > 0, "root sees it");
    }

    private static void Reach(Scene scene)
    {
        Need(scene);
        string path = scene.File();
        int descriptor = scene.Open(path, O_RDWR);
        byte[] room = new byte[16];
        scene.Ok(fsetxattr(descriptor, "user.test", "one"u8));
        scene.Equal("one", Value(path, "user.test"));
        scene.Must(symlink(path, "link"));
        scene.Equal("one", Value("link", "user.test"));
        scene.Ok(setxattr("link", "user.test", "two"u8));
        scene.Equal(3, fgetxattr(descriptor, "user.test", room));
        scene.Must(rename(path, "moved"));
        scene.Equal("two", Value("moved", "user.test"));
        scene.Ok(chmod("moved", Octal(640)));
        scene.Equal(3, fgetxattr(descriptor, "user.test", room));
        scene.Ok(unlink("moved"));
        scene.Equal(3, fgetxattr(descriptor, "user.test", room));
        scene.Ok(fremovexattr(descriptor, "user.test"));
        scene.Fails(ENODATA, fgetxattr(descriptor, "user.test", room));
    }

    private static void SameFile(Scene scene)
    {
        Need(scene);
        string path = scene.File();
        scene.Must(link(path, "other"));
        scene.Ok(setxattr(path, "user.test", "v"u8));
        scene.Equal("v", Value("other", "user.test"));
        scene.Must(unlink(path));
        scene.Make(FileKind.Regular, path);
        scene.Equal("", Names(path));
        scene.Equal("v", Value("other", "user.test"));
    }
}

namespace Hearth.Posix.Areas;

/// <summary>acl(5): POSIX access control lists, as the attributes system.posix_acl_access and system.posix_acl_default.</summary>
internal static class AclArea
{
    private const string Access = "system.posix_acl_access", Default = "system.posix_acl_default";

    public static Area Area { get; } = new("acl",
    [
        new("a list is kept, and shows in the mode", Kept),
        new("a named user and a named group have what the mask leaves", Named, Needs.Users),
        new("every entry alone", EveryEntry, Needs.Users),
        new("chmod changes the mask", Chmod, Needs.Users),
        new("a list that says no more than the mode is none", Minimal),
        new("a directory's default is inherited, in place of the umask", Inherited, Needs.Users),
        new("defaults are for directories", DefaultsOnly),
        new("lists that cannot be are EINVAL", Invalid),
        new("the owner alone may set one", OwnerOnly, Needs.Users),
        new("removing it leaves the mode", Removing),
    ]);

    private enum Tag : ushort
    {
        Owner = 1,
        User = 2,
        Group = 4,
        NamedGroup = 8,
        Mask = 0x10,
        Other = 0x20,
    }

    /// <summary>include/uapi/linux/posix_acl_xattr.h: a version, then tag, permission and id of each entry.</summary>
    private static byte[] Build(params (Tag Tag, int Bits, uint Id)[] entries)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write(2);
        foreach ((Tag tag, int bits, uint id) in entries)
        {
            writer.Write((ushort)tag);
            writer.Write((ushort)bits);
            writer.Write(tag is Tag.User or Tag.NamedGroup ? id : uint.MaxValue);
        }
        return stream.ToArray();
    }

    /// <summary>A list with Alice and the team named.</summary>
    private static byte[] Full(int owner, int alice, int group, int team, int mask, int other) => Build(
        (Tag.Owner, owner, 0), (Tag.User, alice, User.Alice.Id), (Tag.Group, group, 0), (Tag.NamedGroup, team, User.Team), (Tag.Mask, mask, 0), (Tag.Other, other, 0));

    private static void Need(Scene scene)
    {
        string probe = scene.File();
        SkipUnless(setxattr(probe, Access, Full(6, 6, 4, 4, 6, 4)), "POSIX access control lists");
    }

    private static void Kept(Scene scene)
    {
        Need(scene);
        byte[] room = new byte[1000];
        foreach (FileKind kind in new[] { FileKind.Regular, FileKind.Directory, FileKind.Fifo })
        {
            string path = scene.Make(kind);
            byte[] list = Full(7, 5, 4, 6, 7, 1);
            scene.At($"{kind}");
            scene.Ok(setxattr(path, Access, list));
            scene.Equal(list.Length, getxattr(path, Access, room));
            scene.That(room.AsSpan(0, list.Length).SequenceEqual(list), "the list");
            scene.Mode(771, scene.Status(path).Mode, "the mask stands where the group's bits are");
        }
        string file = scene.File();
        scene.Fails(ENODATA, getxattr(file, Access, room));
    }

    private static void Named(Scene scene)
    {
        Need(scene);
        string path = scene.File("text");
        User member = new("bob of the team", User.Bob.Id, User.Bob.Group, User.Team);
        scene.Must(chown(path, 0, 0));
        foreach ((int alice, int team, int mask) in new[] { (6, 4, 7), (6, 6, 4), (4, 0, 6), (0, 6, 6), (7, 7, 0), (2, 2, 2) })
        {
            scene.Ok(setxattr(path, Access, Full(6, alice, 0, team, mask, 0)), $"list {alice} {team} {mask}");
            foreach ((User user, int bits) in new[] { (User.Alice, alice & mask), (User.AliceOfTeam, alice & mask), (member, team & mask), (User.Bob, 0) })
            {
                using ActingAs acting = As(user);
                scene.At($"{user}, alice {alice}, team {team}, mask {mask}");
                scene.Gives((bits & 4) != 0 ? 0 : EACCES, TryOpen(path, O_RDONLY));
                scene.Gives((bits & 2) != 0 ? 0 : EACCES, TryOpen(path, O_WRONLY));
                scene.Gives((bits & 6) == 6 ? 0 : EACCES, access(path, R_OK | W_OK));
            }
        }
    }

    private static void EveryEntry(Scene scene)
    {
        Need(scene);
        string folder = scene.FolderOf(User.Bob);
        foreach ((string name, byte[] list, User allowed) in new[]
        {
            ("owner", Full(7, 0, 0, 0, 7, 0), User.Bob), ("named user", Full(0, 7, 0, 0, 7, 0), User.Alice), ("group", Full(0, 0, 7, 0, 7, 0), new User("carol", 65503, User.Bob.Group)),
            ("named group", Full(0, 0, 0, 7, 7, 0), new User("carol of the team", 65503, 65513, User.Team)), ("other", Full(0, 0, 0, 0, 7, 7), new User("dave", 65504, 65514)),
        })
        {
            scene.Ok(setxattr(folder, Access, list), $"list for {name}");
            foreach (User user in new[] { User.Bob, User.Alice, new("carol", 65503, User.Bob.Group), new("carol of the team", 65503, 65513, User.Team), new("dave", 65504, 65514) })
            {
                using ActingAs acting = As(user);
                bool passes = user.Name == allowed.Name;
                scene.At($"{name}, {user}");
                scene.Gives(passes ? 0 : EACCES, TryMake(FileKind.Regular, $"{folder}/{name}"));
                scene.Gives(passes ? 0 : EACCES, unlink($"{folder}/{name}"));
                scene.Gives(passes ? 0 : EACCES, TryOpen(folder, O_RDONLY | O_DIRECTORY));
            }
        }
    }

    private static void Chmod(Scene scene)
    {
        Need(scene);
        string path = scene.File("text");
        scene.Must(setxattr(path, Access, Full(6, 6, 4, 4, 6, 0)));
        using (As(User.Alice))
        {
            scene.Ok(TryOpen(path, O_RDWR));
        }
        scene.Ok(chmod(path, Octal(640)));
        byte[] room = new byte[1000];
        long length = getxattr(path, Access, room);
        scene.That(length > 0 && room.AsSpan(0, (int)length).SequenceEqual(Full(6, 6, 4, 4, 4, 0)), "the mask became 4, all else stayed");
        using (As(User.Alice))
        {
            scene.Ok(TryOpen(path, O_RDONLY));
            scene.Fails(EACCES, TryOpen(path, O_WRONLY));
        }
    }

    private static void Minimal(Scene scene)
    {
        Need(scene);
        string path = scene.File();
        scene.Ok(setxattr(path, Access, Build((Tag.Owner, 6, 0), (Tag.Group, 2, 0), (Tag.Other, 1, 0))));
        scene.Mode(621, scene.Status(path).Mode);
        scene.Fails(ENODATA, getxattr(path, Access, []));
    }

    private static void Inherited(Scene scene)
    {
        Need(scene);
        string folder = scene.Folder(777);
        byte[] list = Full(7, 7, 5, 5, 7, 0);
        scene.Ok(setxattr(folder, Default, list));
        _ = umask(Octal(77));
        scene.Must(TryMake(FileKind.Regular, $"{folder}/file", 666));
        scene.Must(mkdir($"{folder}/below", Octal(777)));
        _ = umask(0);
        byte[] room = new byte[1000];
        scene.Mode(660, scene.Status($"{folder}/file").Mode, "the umask has no say");
        long length = getxattr($"{folder}/file", Access, room);
        scene.That(length > 0 && room.AsSpan(0, (int)length).SequenceEqual(Full(6, 7, 5, 5, 6, 0)), "the default, less what open asked for");
        scene.Fails(ENODATA, getxattr($"{folder}/file", Default, room));
        scene.Equal(list.Length, getxattr($"{folder}/below", Default, room));
        scene.That(room.AsSpan(0, list.Length).SequenceEqual(list), "a directory has the default as its default");
        scene.Mode(770, scene.Status($"{folder}/below").Mode);
        using (As(User.Alice))
        {
            scene.Ok(TryOpen($"{folder}/file", O_RDWR));
            scene.Ok(TryMake(FileKind.Regular, $"{folder}/below/alices"));
        }
        using (As(User.Bob))
        {
            scene.Fails(EACCES, TryOpen($"{folder}/file", O_RDONLY));
        }
    }

    private static void DefaultsOnly(Scene scene)
    {
        Need(scene);
        scene.Fails(EACCES, setxattr(scene.File(), Default, Full(7, 7, 5, 5, 7, 0)));
        scene.Fails(ENODATA, getxattr(scene.Folder(), Default, []));
    }

    private static void Invalid(Scene scene)
    {
        Need(scene);
        string path = scene.File();
        foreach ((string name, byte[] list) in new[]
        {
            ("no mask", Build((Tag.Owner, 6, 0), (Tag.User, 6, 1), (Tag.Group, 4, 0), (Tag.Other, 0, 0))),
            ("no owner", Build((Tag.Group, 4, 0), (Tag.Other, 0, 0))),
            ("no other", Build((Tag.Owner, 6, 0), (Tag.Group, 4, 0))),
            ("two owners", Build((Tag.Owner, 6, 0), (Tag.Owner, 6, 0), (Tag.Group, 4, 0), (Tag.Other, 0, 0))),
            ("too many bits", Build((Tag.Owner, 8, 0), (Tag.Group, 4, 0), (Tag.Other, 0, 0))),
            ("half an entry", Build((Tag.Owner, 6, 0), (Tag.Group, 4, 0), (Tag.Other, 0, 0))[..^3]),
            ("an unknown tag", Build((Tag.Owner, 6, 0), (Tag.Group, 4, 0), (Tag.Other, 0, 0), ((Tag)0x40, 0, 0))),
        })
        {
            scene.Fails(EINVAL, setxattr(path, Access, list), $"list with {name}");
        }
        scene.Mode(644, scene.Status(path).Mode);
    }

    private static void OwnerOnly(Scene scene)
    {
        Need(scene);
        string path = scene.File("", 666);
        scene.Must(chown(path, User.Alice.Id, User.Alice.Group));
        using (As(User.Bob))
        {
            scene.Fails(EPERM, setxattr(path, Access, Full(6, 6, 4, 4, 6, 4)));
        }
        using (As(User.Alice))
        {
            scene.Ok(setxattr(path, Access, Full(6, 6, 4, 4, 6, 4)));
        }
        using (As(User.Bob))
        {
            scene.Fails(EPERM, removexattr(path, Access));
            scene.Ok(getxattr(path, Access, new byte[1000]), "anybody may look");
        }
    }

    private static void Removing(Scene scene)
    {
        Need(scene);
        string path = scene.File();
        scene.Must(setxattr(path, Access, Full(6, 6, 4, 4, 6, 4)));
        scene.Mode(664, scene.Status(path).Mode);
        scene.Ok(removexattr(path, Access));
        scene.Fails(ENODATA, getxattr(path, Access, []));
        scene.Mode(664, scene.Status(path).Mode);
    }
}

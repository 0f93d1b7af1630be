namespace Hearth.Posix.Areas;

/// <summary>getdents64(2), telldir(3) and seekdir(3) as lseek(2), directories that change while they are read, many and odd names, deep trees.</summary>
internal static class DirectoryArea
{
    public static Area Area { get; } = new("directories",
    [
        new("every entry once, in directories of every size", EveryEntry),
        new("small buffers see the same, too small is EINVAL", SmallBuffers),
        new("types and inode numbers are those of the files", TypesAndInodes),
        new("entries that stay are seen once while others go", WhileRemoving),
        new("entries that stay are seen once while others come", WhileAdding),
        new("entries that stay are seen once while they are renamed around", WhileRenaming),
        new("a position leads back to the entry after it", Positions),
        new("rewinding sees what is new", Rewind),
        new("two descriptors read on their own", TwoReaders),
        new("emptying a directory while reading it", EmptyWhileReading),
        new("names of every byte", EveryByte),
        new("names that differ in case, or in their last byte, are two", NearlySame),
        new("names of every length", EveryLength),
        new("two hundred levels", Deep),
        new("a path of PATH_MAX by steps", LongWay),
        new("the link count is two and the directories in it", LinkCount),
        new("the size is not zero, reading it is EISDIR", DirectoryFile),
        new("a thousand files made and removed in turn", Churn),
    ]);

    private static List<string> Names(IEnumerable<DirectoryEntry> entries) =>
        [.. entries.Select(entry => entry.Name).Where(name => name is not ("." or "..")).Order(StringComparer.Ordinal)];

    private static string Fill(Scene scene, int count, string prefix = "file")
    {
        string folder = scene.Folder();
        for (int i = 0; i < count; i++)
        {
            scene.Must(TryMake(FileKind.Regular, $"{folder}/{prefix}{i:D5}"), $"make file {i}");
        }
        return folder;
    }

    private static void EveryEntry(Scene scene)
    {
        foreach (int count in new[] { 0, 1, 2, 10, 100, 101, 500, 2000 })
        {
            string folder = Fill(scene, count);
            List<DirectoryEntry> entries = [];
            scene.Must(Tree.Read(scene.Open(folder, O_RDONLY | O_DIRECTORY), entries));
            scene.At($"{count}");
            scene.Equal(count + 2, entries.Count);
            scene.Equal(count + 2, entries.Select(entry => entry.Name).Distinct().Count());
            scene.That(Names(entries).SequenceEqual(Enumerable.Range(0, count).Select(i => $"file{i:D5}")), "all names");
        }
    }

    private static void SmallBuffers(Scene scene)
    {
        string folder = Fill(scene, 100);
        foreach (int room in new[] { 48, 64, 100, 300, 1000 })
        {
            List<DirectoryEntry> entries = [];
            scene.Ok(Tree.Read(scene.Open(folder, O_RDONLY | O_DIRECTORY), entries, room), $"read with {room} bytes");
            scene.Equal(102, entries.Count, $"entries with {room} bytes");
            scene.Equal(102, entries.Select(entry => entry.Name).Distinct().Count(), $"names with {room} bytes");
        }
        int descriptor = scene.Open(folder, O_RDONLY | O_DIRECTORY);
        scene.Fails(EINVAL, getdents64(descriptor, new byte[8]));
        scene.Fails(ENOTDIR, getdents64(scene.Open($"{folder}/file00000", O_RDONLY), new byte[1000]));
    }

    private static void TypesAndInodes(Scene scene)
    {
        foreach (FileKind kind in scene.Kinds)
        {
            scene.Make(kind, $"{kind}");
        }
        List<DirectoryEntry> entries = [];
        scene.Must(Tree.Read(scene.Open(".", O_RDONLY | O_DIRECTORY), entries));
        foreach (DirectoryEntry entry in entries.Where(entry => entry.Name != ".."))
        {
            FileStatus status = scene.LinkStatus(entry.Name);
            scene.Equal(status.Inode, entry.Inode, $"inode of {entry.Name}");
            scene.That(entry.Type == 0 || entry.Type == status.Type >> 12, $"type of {entry.Name}");
        }
    }

    /// <summary>Reads a directory in small pieces, and does something after each piece. The files "file" stay and must be seen once each.</summary>
    private static void WhileChanging(Scene scene, int room, Action<string, int> change)
    {
        string folder = Fill(scene, 300);
        for (int i = 0; i < 300; i++)
        {
            scene.Must(TryMake(FileKind.Regular, $"{folder}/other{i:D5}"), "make another file");
        }
        int descriptor = scene.Open(folder, O_RDONLY | O_DIRECTORY);
        List<DirectoryEntry> entries = [];
        byte[] buffer = new byte[room];
        int step = 0;
        while (scene.Must(getdents64(descriptor, buffer)) is > 0 and var length)
        {
            Tree.Parse(buffer.AsSpan(0, (int)length), entries);
            change(folder, step++);
        }
        scene.That(step > 3, $"{step} pieces");
        for (int i = 0; i < 300; i++)
        {
            scene.Equal(1, entries.Count(entry => entry.Name == $"file{i:D5}"), $"how often file {i} was seen");
        }
    }

    private static void WhileRemoving(Scene scene)
    {
        foreach (int room in new[] { 256, 2048 })
        {
            scene.At($"{room}");
            WhileChanging(scene, room, (folder, step) =>
            {
                for (int i = 0; i < 20; i++)
                {
                    _ = unlink($"{folder}/other{(step * 20) + i:D5}");
                }
            });
        }
    }

    private static void WhileAdding(Scene scene)
    {
        foreach (int room in new[] { 256, 2048 })
        {
            scene.At($"{room}");
            WhileChanging(scene, room, (folder, step) =>
            {
                // Bounded: a reader may see what comes, and would never end.
                for (int i = 0; i < 5 && step < 50; i++)
                {
                    scene.Ok(TryMake(FileKind.Regular, $"{folder}/added{step}-{i}"), "make while reading");
                }
            });
        }
    }

    private static void WhileRenaming(Scene scene)
    {
        WhileChanging(scene, 512, (folder, step) =>
        {
            for (int i = 0; i < 5 && step < 60; i++)
            {
                scene.Ok(rename($"{folder}/other{(step * 5) + i:D5}", $"{folder}/renamed{step}-{i}"), "rename while reading");
            }
        });
    }

    private static void Positions(Scene scene)
    {
        string folder = Fill(scene, 200);
        int descriptor = scene.Open(folder, O_RDONLY | O_DIRECTORY);
        List<DirectoryEntry> all = [];
        scene.Must(Tree.Read(descriptor, all));
        for (int i = 0; i < all.Count; i += 7)
        {
            scene.At($"after entry {i}");
            scene.Equal(all[i].Position, lseek(descriptor, all[i].Position, SEEK_SET));
            List<DirectoryEntry> rest = [];
            scene.Must(Tree.Read(descriptor, rest));
            scene.That(rest.Select(entry => entry.Name).SequenceEqual(all.Skip(i + 1).Select(entry => entry.Name)), "the rest is the same");
        }
        scene.Equal(0, lseek(descriptor, 0, SEEK_SET));
        List<DirectoryEntry> again = [];
        scene.Must(Tree.Read(descriptor, again));
        scene.That(again.SequenceEqual(all), "the whole again");
    }

    private static void Rewind(Scene scene)
    {
        string folder = Fill(scene, 10);
        int descriptor = scene.Open(folder, O_RDONLY | O_DIRECTORY);
        scene.Must(Tree.Read(descriptor, []));
        scene.Must(TryMake(FileKind.Regular, $"{folder}/later"));
        scene.Must(unlink($"{folder}/file00003"));
        scene.Must(rename($"{folder}/file00004", $"{folder}/renamed"));
        scene.Ok(lseek(descriptor, 0, SEEK_SET));
        List<DirectoryEntry> entries = [];
        scene.Must(Tree.Read(descriptor, entries));
        scene.Equal("file00000 file00001 file00002 file00005 file00006 file00007 file00008 file00009 later renamed", string.Join(' ', Names(entries)));
    }

    private static void TwoReaders(Scene scene)
    {
        string folder = Fill(scene, 50);
        int one = scene.Open(folder, O_RDONLY | O_DIRECTORY);
        int two = scene.Open(folder, O_RDONLY | O_DIRECTORY);
        byte[] buffer = new byte[200];
        List<DirectoryEntry> first = [], second = [];
        while (true)
        {
            long a = scene.Must(getdents64(one, buffer));
            Tree.Parse(buffer.AsSpan(0, (int)a), first);
            long b = scene.Must(getdents64(two, buffer));
            Tree.Parse(buffer.AsSpan(0, (int)b), second);
            if (a == 0 && b == 0)
            {
                break;
            }
        }
        scene.Equal((52, 52), (first.Count, second.Count));
        scene.That(first.SequenceEqual(second), "both see the same");
    }

    private static void EmptyWhileReading(Scene scene)
    {
        string folder = Fill(scene, 1000);
        int descriptor = scene.Open(folder, O_RDONLY | O_DIRECTORY);
        byte[] buffer = new byte[1024];
        int removed = 0;
        while (scene.Must(getdents64(descriptor, buffer)) is > 0 and var length)
        {
            List<DirectoryEntry> entries = [];
            Tree.Parse(buffer.AsSpan(0, (int)length), entries);
            foreach (string name in Names(entries))
            {
                removed += unlink($"{folder}/{name}") == 0 ? 1 : 0;
            }
        }
        scene.Equal(1000, removed);
        scene.Ok(rmdir(folder));
    }

    private static void EveryByte(Scene scene)
    {
        string folder = scene.Folder();
        List<string> names = [];
        for (int value = 1; value < 256; value++)
        {
            char one = (char)value;
            if (one == '/')
            {
                continue;
            }
            string[] forms = one == '.' ? [$"{one}x", $"x{one}", "..."] : one == 'x' ? ["x"] : [$"{one}", $"{one}x", $"x{one}"];
            foreach (string name in forms)
            {
                scene.Ok(TryMake(FileKind.Regular, $"{folder}/{name}"), $"make a name with byte {value}");
                names.Add(name);
            }
            scene.Ok(stat($"{folder}/{forms[0]}", out _), $"stat of a name with byte {value}");
        }
        scene.That(scene.List(folder).SequenceEqual(names.Order(StringComparer.Ordinal)), "all names are listed as they were made");
        foreach (string name in names)
        {
            scene.Ok(unlink($"{folder}/{name}"), $"unlink of '{name}'");
        }
        string all = string.Concat(Enumerable.Range(1, 255).Where(value => value != '/').Select(value => (char)value));
        scene.Ok(TryMake(FileKind.Directory, $"{folder}/{all}", 755), "a name of all bytes");
        scene.Ok(TryMake(FileKind.Regular, $"{folder}/{all}/{all}"), "a name of all bytes below it");
        scene.Equal(all, scene.List($"{folder}/{all}").Single());
    }

    private static void NearlySame(Scene scene)
    {
        string folder = scene.Folder();
        // Combined and composed forms of a letter, and a letter in both cases, are different bytes and so different names.
        string[] names = ["name", "Name", "NAME", "name ", " name", "name.", "e\u00cc\u0081", "\u00c3\u00a9", "ss", "\u00c3\u009f", "name\n", "name\u0001"];
        foreach (string name in names)
        {
            scene.Ok(TryMake(FileKind.Regular, $"{folder}/{name}"), $"make '{name}'");
        }
        scene.Equal(names.Length, scene.List(folder).Count);
        scene.Equal(names.Length, names.Select(name => scene.Status($"{folder}/{name}").Inode).Distinct().Count());
    }

    private static void EveryLength(Scene scene)
    {
        string folder = scene.Folder();
        for (int length = 1; length <= NAME_MAX; length++)
        {
            scene.Ok(TryMake(FileKind.Regular, $"{folder}/{new string('n', length)}"), $"make a name of {length}");
        }
        scene.That(scene.List(folder).Select(name => name.Length).SequenceEqual(Enumerable.Range(1, NAME_MAX)), "all lengths are listed");
        scene.Fails(ENAMETOOLONG, TryMake(FileKind.Regular, $"{folder}/{new string('n', NAME_MAX + 1)}"));
    }

    private static void Deep(Scene scene)
    {
        string path = ".";
        for (int level = 1; level <= 200; level++)
        {
            path += $"/level{level}";
            scene.Ok(mkdir(path, Octal(755)), $"mkdir of level {level}");
        }
        scene.Make(FileKind.Regular, $"{path}/file");
        scene.Ok(stat($"{path}/file", out _));
        string up = path;
        for (int level = 0; level < 200; level++)
        {
            up += "/..";
        }
        scene.Equal(scene.Status(".").Inode, scene.Status(up).Inode, "200 levels down and up again");
        scene.Ok(rename("level1", "renamed"));
        scene.Ok(stat($"renamed{path["./level1".Length..]}/file", out _), "the file below a renamed directory");
        scene.Fails(ENOENT, stat($"{path}/file", out _));
    }

    private static void LongWay(Scene scene)
    {
        string part = new('p', 200);
        // 30 × 201 bytes is beyond PATH_MAX: reachable by steps only.
        for (int i = 0; i < 30; i++)
        {
            scene.Ok(mkdir(part, Octal(755)), $"mkdir at step {i}");
            scene.Must(chdir(part));
        }
        scene.Ok(TryMake(FileKind.Regular, "file"));
        scene.Ok(stat("./file", out _));
        scene.Ok(rename("file", "moved"));
        scene.Must(chdir(scene.Directory));
        scene.Fails(ENAMETOOLONG, stat(string.Concat(Enumerable.Repeat(part + "/", 30)) + "moved", out _));
    }

    private static void LinkCount(Scene scene)
    {
        string folder = scene.Folder();
        if (scene.Status(folder).Links == 1)
        {
            Skip("directories have one link here, which says that they are not counted");
        }
        scene.Equal(2UL, scene.Status(folder).Links);
        for (ulong i = 1; i <= 20; i++)
        {
            scene.Must(mkdir($"{folder}/d{i}", Octal(755)));
            scene.Equal(2 + i, scene.Status(folder).Links, $"links with {i} directories");
            scene.Make(FileKind.Regular, $"{folder}/f{i}");
            scene.Equal(2 + i, scene.Status(folder).Links, $"links with {i} directories and files");
        }
        string other = scene.Folder();
        scene.Must(rename($"{folder}/d1", $"{other}/d1"));
        scene.Equal((21UL, 3UL), (scene.Status(folder).Links, scene.Status(other).Links), "links after a move");
        scene.Must(rename($"{folder}/d2", $"{folder}/d3"));
        scene.Equal(20UL, scene.Status(folder).Links, "links after a directory replaced another");
        scene.Must(rmdir($"{folder}/d3"));
        scene.Equal(19UL, scene.Status(folder).Links, "links after rmdir");
    }

    private static void DirectoryFile(Scene scene)
    {
        string folder = Fill(scene, 20);
        int descriptor = scene.Open(folder, O_RDONLY);
        scene.That(scene.Status(descriptor).Size > 0, "a size");
        scene.Fails(EISDIR, read(descriptor, new byte[10]));
        scene.Fails(EISDIR, pread(descriptor, new byte[10], 0));
    }

    private static void Churn(Scene scene)
    {
        string folder = scene.Folder();
        for (int i = 0; i < 1000; i++)
        {
            string path = $"{folder}/file{i % 10}";
            scene.Ok(TryMake(FileKind.Regular, path), $"make {i}");
            scene.Ok(unlink(path), $"unlink {i}");
            if (i % 100 == 0)
            {
                scene.Equal("", string.Join(' ', scene.List(folder)), $"names after {i}");
            }
        }
    }
}

namespace Hearth.Posix.Areas;

/// <summary>truncate(2), ftruncate(2).</summary>
internal static class TruncateAreas
{
    public static Area Truncate { get; } = new("truncate",
    [
        .. PathErrors.Of("truncate"),
        new("grows with zeros and shrinks", scene => Resizes(scene, byDescriptor: false)),
        new("what is no regular file", WrongType),
        new("a link is followed", Link),
        new("needs write permission of the file", Permission, Needs.Users),
        new("times move with success only", scene => TimesOf(scene, byDescriptor: false)),
        new("set-user-ID and set-group-ID are cleared for others than root", scene => ClearsSetId(scene, byDescriptor: false), Needs.Users),
        new("lengths that cannot be", Lengths),
        new("a program that runs is ETXTBSY", Busy),
    ]);

    public static Area Ftruncate { get; } = new("ftruncate",
    [
        new("grows with zeros and shrinks", scene => Resizes(scene, byDescriptor: true)),
        new("wants a descriptor of a file that is open to write", BadDescriptor),
        new("works whatever the mode has become", ModeLater, Needs.Users),
        new("times move with success only", scene => TimesOf(scene, byDescriptor: true)),
        new("set-user-ID and set-group-ID are cleared for others than root", scene => ClearsSetId(scene, byDescriptor: true), Needs.Users),
        new("the position stays", Position),
        new("the rest of the last page is zero after shrinking and growing", TailIsZero),
    ]);

    private static readonly long[] s_sizes = [0, 1, 100, 4095, 4096, 4097, 8192, 65536, 65537, 1_000_000, 131_072, 5, 12_345, 4096, 0, 7];

    private static void Resizes(Scene scene, bool byDescriptor)
    {
        string path = scene.File();
        int descriptor = scene.Open(path, O_RDWR);
        byte[] model = [];
        byte[] seen = new byte[1_100_000];
        foreach (long size in s_sizes)
        {
            scene.At($"to {size}");
            scene.Ok(byDescriptor ? ftruncate(descriptor, size) : truncate(path, size), "truncate");
            Array.Resize(ref model, (int)size);
            scene.Equal(size, scene.Status(path).Size);
            scene.Equal(size, scene.Status(descriptor).Size);
            scene.Equal(size, pread(descriptor, seen, 0));
            scene.That(seen.AsSpan(0, (int)size).SequenceEqual(model), "content");
            // A byte at the end and one in the middle, to be kept or cut.
            if (size > 0)
            {
                model[^1] = 0xEE;
                model[size / 2] = 0xDD;
                scene.Equal(1, pwrite(descriptor, [model[^1]], size - 1));
                scene.Equal(1, pwrite(descriptor, [model[size / 2]], size / 2));
            }
        }
    }

    private static void WrongType(Scene scene)
    {
        string folder = scene.Folder();
        scene.Fails(EISDIR, truncate(folder, 0));
        scene.Fails(EISDIR, truncate(".", 0));
        foreach (FileKind kind in scene.NotLinks.Where(kind => kind is not (FileKind.Regular or FileKind.Directory)))
        {
            string path = scene.Make(kind);
            scene.Fails(EINVAL, truncate(path, 0), $"truncate of a {kind}");
        }
    }

    private static void Link(Scene scene)
    {
        string path = scene.File("content");
        scene.Must(symlink(path, "link"));
        long length = scene.LinkStatus("link").Size;
        scene.Ok(truncate("link", 3));
        scene.Equal("con", scene.Content(path));
        scene.Equal(length, scene.LinkStatus("link").Size);
    }

    private static void Permission(Scene scene)
    {
        foreach ((int mode, User user, bool allowed) in new[]
        {
            (200, User.Alice, true), (577, User.Alice, false), (20, User.BobOfAlices, true), (757, User.BobOfAlices, false), (20, User.BobBesideAlice, true),
            (757, User.BobBesideAlice, false), (2, User.Bob, true), (775, User.Bob, false), (0, User.Root, true),
        })
        {
            string path = scene.File("content");
            scene.Must(chown(path, User.Alice.Id, User.Alice.Group));
            scene.Must(chmod(path, Octal(mode)));
            using (As(user))
            {
                scene.Gives(allowed ? 0 : EACCES, truncate(path, 3), $"truncate with mode {mode} as {user}");
            }
            scene.Equal(allowed ? 3 : 7, scene.Status(path).Size, $"size with mode {mode} as {user}");
        }
    }

    private static void TimesOf(Scene scene, bool byDescriptor)
    {
        foreach (long size in new long[] { 0, 3, 7, 100 })
        {
            string path = scene.File("content");
            int descriptor = scene.Open(path, O_RDWR);
            scene.Touches(Times.Content, path, () => byDescriptor ? ftruncate(descriptor, size) : truncate(path, size), $"truncate from 7 to {size}");
            scene.FailsUntouched(EINVAL, path, () => byDescriptor ? ftruncate(descriptor, -1) : truncate(path, -1), "truncate to -1");
        }
    }

    private static void ClearsSetId(Scene scene, bool byDescriptor)
    {
        foreach ((int before, int after) in new[] { (4777, 777), (2777, 777), (6777, 777), (6711, 711), (2767, 2767), (1777, 1777) })
        {
            string path = scene.File("content");
            scene.Must(chown(path, User.Alice.Id, User.Alice.Group));
            scene.At($"{before}");
            using (As(User.Alice))
            {
                int descriptor = scene.Open(path, O_RDWR);
                scene.Must(chmod(path, Octal(before)));
                scene.Ok(byDescriptor ? ftruncate(descriptor, 3) : truncate(path, 3), "truncate");
            }
            // Set-group-ID without group execute was the mark of mandatory locks; kernels differ in whether the owner's write keeps it.
            uint mode = scene.Status(path).Mode;
            scene.That(mode == Octal(after) || (before == 2767 && mode == Octal(767)), $"mode {Show(mode)} is {after}");
        }
    }

    private static void Lengths(Scene scene)
    {
        string path = scene.File("content");
        foreach (long length in new[] { -1, -4096, long.MinValue })
        {
            scene.Fails(EINVAL, truncate(path, length), $"truncate to {length}");
        }
        scene.Equal("content", scene.Content(path));
        long most = truncate(path, long.MaxValue);
        scene.That(most is 0 or -EFBIG or -EINVAL, "truncate to the largest length works or is EFBIG");
    }

    private static void BadDescriptor(Scene scene)
    {
        string path = scene.File("content");
        scene.Fails(EINVAL, EBADF, ftruncate(scene.Open(path, O_RDONLY), 0));
        scene.Fails(EINVAL, ftruncate(scene.Open(scene.Folder(), O_RDONLY), 0));
        scene.Fails(EINVAL, ftruncate(scene.Open(path, O_RDWR), -1));
        scene.Fails(EBADF, ftruncate(-1, 0));
        scene.Fails(EBADF, ftruncate(scene.Open(path, O_PATH), 0));
        scene.Fails(EINVAL, ftruncate(scene.Open(scene.Make(FileKind.Fifo), O_RDWR | O_NONBLOCK), 0));
        scene.Equal("content", scene.Content(path));
    }

    private static void ModeLater(Scene scene)
    {
        string path = scene.File("content", 666);
        int descriptor = -1;
        using (As(User.Bob))
        {
            descriptor = scene.Open(path, O_RDWR);
        }
        scene.Must(chmod(path, 0));
        using (As(User.Bob))
        {
            scene.Ok(ftruncate(descriptor, 2));
            scene.Fails(EACCES, truncate(path, 1));
        }
        scene.Equal(2, scene.Status(path).Size);
    }

    private static void Position(Scene scene)
    {
        string path = scene.File("0123456789");
        int descriptor = scene.Open(path, O_RDWR);
        scene.Equal(8, lseek(descriptor, 8, SEEK_SET));
        scene.Ok(ftruncate(descriptor, 4));
        scene.Equal(8, lseek(descriptor, 0, SEEK_CUR));
        scene.Equal(1, write(descriptor, "x"u8));
        scene.Equal("0123\0\0\0\0x", scene.Content(path));
    }

    private static void TailIsZero(Scene scene)
    {
        string path = scene.File(new string('a', 10_000));
        int descriptor = scene.Open(path, O_RDWR);
        foreach (int cut in new[] { 9_999, 8_193, 8_192, 8_191, 4_097, 1 })
        {
            scene.At($"{cut}");
            scene.Ok(ftruncate(descriptor, cut));
            scene.Ok(ftruncate(descriptor, 10_000));
            string content = scene.Content(path);
            scene.Equal(cut, content.LastIndexOf('a') + 1);
            scene.Equal(10_000, content.Length);
        }
    }

    private static void Busy(Scene scene)
    {
        using TinyProgram program = TinyProgram.Start(scene);
        scene.Fails(ETXTBSY, truncate(program.Name, 0));
        scene.Fails(ETXTBSY, TryOpen(program.Name, O_WRONLY));
        scene.Fails(ETXTBSY, TryOpen(program.Name, O_RDWR | O_TRUNC));
        scene.Ok(TryOpen(program.Name, O_RDONLY));
        scene.Ok(unlink(program.Name), "a program that runs can be removed");
        scene.Equal(7, program.Finish(), "exit code of the program");
    }
}

namespace Hearth.Posix.Areas;

/// <summary>What a read-only mount refuses (EROFS), and what it does not.</summary>
internal static class ReadOnlyArea
{
    private const string Content = "content that nobody may change";

    public static Area Area { get; } = new("read-only",
    [
        new("every change is EROFS", Changes),
        new("what exists, is missing or is in the way is said before", BeforeReadOnly),
        new("opening to write is EROFS, to read works", Opening),
        new("reading, listing and looking work", Reading),
        new("times do not move", TimesStay),
        new("access says that nothing can be written", AccessSays),
        new("other users are refused for the same reason, or for their rights", Others, Needs.Users),
    ]);

    /// <exception cref="IOException">Something cannot be made.</exception>
    public static void Prepare(string directory)
    {
        int descriptor = (int)open($"{directory}/file", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, Octal(666));
        long written = descriptor < 0 ? descriptor : write(descriptor, System.Text.Encoding.Latin1.GetBytes(Content));
        _ = close(descriptor);
        long[] results =
        [
            written, chmod(directory, Octal(755)), chmod($"{directory}/file", Octal(666)), mkdir($"{directory}/folder", Octal(755)), TryMake(FileKind.Regular, $"{directory}/folder/below"),
            mkdir($"{directory}/empty", Octal(755)), symlink("file", $"{directory}/link"), mkfifo($"{directory}/fifo", Octal(666)),
        ];
        if (results.Min() is < 0 and var failed)
        {
            throw new IOException($"{directory}: {Describe(failed)}");
        }
    }

    private static (string Name, Func<long> Call)[] Calls() =>
    [
        ("mkdir", () => mkdir("new", Octal(755))),
        ("mkfifo", () => mkfifo("new", Octal(644))),
        ("mknod", () => mknod("new", S_IFREG | Octal(644))),
        ("symlink", () => symlink("file", "new")),
        ("link", () => link("file", "new")),
        ("create", () => TryOpen("new", O_CREAT | O_WRONLY)),
        ("create below", () => TryOpen("folder/new", O_CREAT | O_EXCL | O_RDWR)),
        ("unlink", () => unlink("file")),
        ("unlink of a link", () => unlink("link")),
        ("rmdir", () => rmdir("empty")),
        ("rename", () => rename("file", "new")),
        ("rename over", () => rename("file", "folder/below")),
        ("rename of a directory", () => rename("folder", "new")),
        ("chmod", () => chmod("file", Octal(600))),
        ("chmod to what it is", () => chmod("file", Octal(666))),
        ("chown", () => chown("file", 1, 1)),
        ("lchown", () => lchown("link", 1, 1)),
        ("truncate", () => truncate("file", 0)),
        ("utimensat", () => utimensat("file", new Timestamp(1, 0), new Timestamp(1, 0))),
        ("utimensat to now", () => utimensatNull("file")),
        ("setxattr", () => setxattr("file", "user.test", "v"u8)),
        ("removexattr", () => removexattr("file", "user.test")),
    ];

    private static void Changes(Scene scene)
    {
        List<string> before = scene.List(".");
        foreach ((string name, Func<long> call) in Calls())
        {
            scene.Fails(EROFS, call(), name);
        }
        scene.That(before.SequenceEqual(scene.List(".")), "the same names as before");
        scene.Equal(Content, scene.Content("file"));
    }

    private static void BeforeReadOnly(Scene scene)
    {
        scene.Fails(EROFS, ENOENT, unlink("missing"));
        scene.Fails(ENOENT, chmod("missing", Octal(600)));
        scene.Fails(ENOENT, TryOpen("missing", O_WRONLY));
        scene.Fails(ENOTDIR, mkdir("file/new", Octal(755)));
        scene.Fails(EEXIST, mkdir("folder", Octal(755)));
        scene.Fails(EEXIST, TryOpen("file", O_CREAT | O_EXCL | O_WRONLY));
    }

    private static void Opening(Scene scene)
    {
        foreach (int flags in new[] { O_WRONLY, O_RDWR, O_WRONLY | O_APPEND, O_RDONLY | O_TRUNC, O_WRONLY | O_CREAT })
        {
            scene.Fails(EROFS, TryOpen("file", flags), $"open with 0x{flags:x}");
        }
        scene.Ok(TryOpen("file", O_RDONLY));
        scene.Ok(TryOpen("file", O_RDONLY | O_CREAT));
        scene.Ok(TryOpen("folder", O_RDONLY | O_DIRECTORY));
        int writer = scene.Open("fifo", O_RDWR | O_NONBLOCK);
        scene.Equal(1, write(writer, "x"u8), "a fifo is no content of the file system");
        int reader = scene.Open("file", O_RDONLY);
        scene.Fails(EROFS, fchmod(reader, Octal(600)));
        scene.Fails(EROFS, fchown(reader, 1, 1));
        scene.Fails(EROFS, futimens(reader, Timestamp.Now, Timestamp.Now));
        scene.Fails(EROFS, fsetxattr(reader, "user.test", "v"u8));
    }

    private static void Reading(Scene scene)
    {
        scene.Equal(Content, scene.Content("file"));
        scene.Equal("below", string.Join(' ', scene.List("folder")));
        scene.Equal(4L, readlink("link", out string target));
        scene.Equal("file", target);
        scene.Equal(Content.Length, scene.Status("link").Size);
        scene.Must(statfs(".", out FileSystemStatus status));
        scene.That((status.Flags & 1) != 0, "statfs says ST_RDONLY");
        using Mapping mapping = new(scene, scene.Open("file", O_RDONLY), Content.Length, PROT_READ, MAP_SHARED);
        scene.Equal((byte)Content[0], mapping.Bytes[0]);
    }

    private static void TimesStay(Scene scene)
    {
        scene.Touches(Times.None, "file", () => TryOpen("file", O_RDONLY), "open");
        scene.Touches(Times.None, "file", () => scene.Content("file").Length, "read");
        scene.Touches(Times.None, "folder", () => scene.List("folder").Count, "list");
    }

    private static void AccessSays(Scene scene)
    {
        scene.Fails(EROFS, access("file", W_OK));
        scene.Fails(EROFS, access("folder", W_OK));
        scene.Ok(access("file", R_OK));
        scene.Ok(access("folder", R_OK | X_OK));
        scene.Ok(access("fifo", W_OK), "a fifo can be written");
    }

    private static void Others(Scene scene)
    {
        using ActingAs acting = As(User.Bob);
        scene.Fails(EROFS, TryOpen("file", O_WRONLY));
        scene.Fails(EROFS, EACCES, mkdir("new", Octal(755)));
        scene.Fails(EROFS, EACCES, unlink("file"));
        scene.Fails(EROFS, chmod("file", Octal(600)));
        scene.Ok(TryOpen("file", O_RDONLY));
    }
}

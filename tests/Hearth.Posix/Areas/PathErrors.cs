namespace Hearth.Posix.Areas;

/// <summary>
/// What every call that takes a path does with a bad one. The table is: operation × way in which the path is bad × error, see the ERRORS of
/// path_resolution(7) and of each page.
/// </summary>
internal static class PathErrors
{
    /// <summary>An operation on a path, closed and undone by nobody: the path is bad.</summary>
    /// <param name="Name">For the reader.</param>
    /// <param name="Call">The call; descriptors are closed by it.</param>
    /// <param name="Creates">It makes the last component, which need not exist.</param>
    /// <param name="Follows">It follows a symbolic link in the last component.</param>
    internal sealed record Operation(string Name, Func<string, long> Call, bool Creates = false, bool Follows = true);

    private static readonly Operation[] s_operations =
    [
        new("chmod", path => chmod(path, Octal(644))),
        new("chown", path => chown(path, -1, -1)),
        new("lchown", path => lchown(path, -1, -1), Follows: false),
        new("truncate", path => truncate(path, 0)),
        new("open", path => TryOpen(path, O_RDONLY)),
        new("open O_CREAT", path => TryOpen(path, O_RDWR | O_CREAT), Creates: true),
        new("open O_CREAT O_EXCL", path => TryOpen(path, O_RDWR | O_CREAT | O_EXCL), Creates: true, Follows: false),
        new("creat", path => CloseIfOpen(creat(path, Octal(644))), Creates: true),
        new("mkdir", path => mkdir(path, Octal(755)), Creates: true, Follows: false),
        new("rmdir", rmdir, Follows: false),
        new("unlink", unlink, Follows: false),
        new("mkfifo", path => mkfifo(path, Octal(644)), Creates: true, Follows: false),
        new("mknod", path => mknod(path, S_IFREG | Octal(644)), Creates: true, Follows: false),
        new("symlink", path => symlink("target", path), Creates: true, Follows: false),
        new("link from", path => link(path, "made"), Follows: false),
        new("link to", path => link("there", path), Creates: true, Follows: false),
        new("rename from", path => rename(path, "made"), Follows: false),
        new("rename to", path => rename("there", path), Creates: true, Follows: false),
        new("stat", path => stat(path, out _)),
        new("lstat", path => lstat(path, out _), Follows: false),
        new("statfs", path => statfs(path, out _)),
        new("readlink", path => readlink(path, out _), Follows: false),
        new("access", path => access(path, F_OK)),
        new("utimensat", path => utimensat(path, Timestamp.Now, Timestamp.Now)),
        new("utimensat of the link", path => utimensat(path, Timestamp.Now, Timestamp.Now, AT_SYMLINK_NOFOLLOW), Follows: false),
        new("getxattr", path => getxattr(path, "user.x", [])),
        new("setxattr", path => setxattr(path, "user.x", [1])),
        new("listxattr", path => listxattr(path, [])),
        new("removexattr", path => removexattr(path, "user.x")),
        new("chdir", chdir),
    ];

    public static Case[] Of(params string[] operations) =>
    [
        new("a component that is missing is ENOENT", scene => Missing(scene, Chosen(operations))),
        new("a component that is no directory is ENOTDIR", scene => NotDirectory(scene, Chosen(operations))),
        new("a component of more than NAME_MAX bytes is ENAMETOOLONG", scene => LongName(scene, Chosen(operations))),
        new("a path of PATH_MAX bytes is ENAMETOOLONG", scene => LongPath(scene, Chosen(operations))),
        new("a loop of symbolic links is ELOOP", scene => Loops(scene, Chosen(operations))),
        new("a directory that may not be searched is EACCES", scene => Unsearchable(scene, Chosen(operations)), Needs.Users),
        new("an empty path is ENOENT", scene => Empty(scene, Chosen(operations))),
    ];

    private static Operation[] Chosen(string[] names)
    {
        Operation[] chosen = [.. s_operations.Where(one => names.Contains(one.Name))];
        return chosen.Length == names.Length ? chosen : throw new InvalidOperationException($"of {string.Join(", ", names)} some are in no table");
    }

    private static void Each(Scene scene, Operation[] operations, string path, int errno, string how, Func<Operation, bool>? only = null)
    {
        Must(scene);
        foreach (Operation operation in operations.Where(one => only is null || only(one)))
        {
            scene.Fails(errno, operation.Call(path), $"{operation.Name} of {how}");
        }
        scene.Equal(true, lstat("there", out _) == 0, $"'there' stays after all operations on {how}");
    }

    /// <summary>The other file of operations with two paths.</summary>
    private static void Must(Scene scene)
    {
        if (lstat("there", out _) < 0)
        {
            scene.Make(FileKind.Regular, "there");
        }
    }

    private static void Missing(Scene scene, Operation[] operations)
    {
        string folder = scene.Folder();
        Each(scene, operations, "missing", ENOENT, "a missing name", one => !one.Creates);
        Each(scene, operations, $"{folder}/missing", ENOENT, "a missing name in a directory", one => !one.Creates);
        Each(scene, operations, "missing/name", ENOENT, "a name in a missing directory");
        Each(scene, operations, $"{folder}/missing/name", ENOENT, "a name in a directory missing in another");
        scene.Must(symlink("missing", "dangling"));
        Each(scene, operations, "dangling/name", ENOENT, "a name behind a dangling link");
        Each(scene, operations, "dangling", ENOENT, "a dangling link", one => one.Follows && !one.Creates);
    }

    private static void NotDirectory(Scene scene, Operation[] operations)
    {
        foreach (FileKind kind in scene.NotLinks.Where(kind => kind != FileKind.Directory))
        {
            string file = scene.Make(kind);
            Each(scene, operations, $"{file}/name", ENOTDIR, $"a name in a {kind}");
        }
        string regular = scene.Make(FileKind.Regular);
        Each(scene, operations, $"{regular}/.", ENOTDIR, "'.' in a file");
        Each(scene, operations, $"{regular}/..", ENOTDIR, "'..' in a file");
        Each(scene, operations, $"{regular}/a/b", ENOTDIR, "two names in a file");
        scene.Must(symlink(regular, "to-file"));
        Each(scene, operations, "to-file/name", ENOTDIR, "a name in a link to a file");
    }

    private static void LongName(Scene scene, Operation[] operations)
    {
        string longest = new('x', NAME_MAX);
        Each(scene, operations, longest + "x", ENAMETOOLONG, "a name of 256 bytes");
        Each(scene, operations, longest + "x/name", ENAMETOOLONG, "a name in a directory of 256 bytes");
        Each(scene, operations, longest, ENOENT, "a missing name of 255 bytes", one => !one.Creates);
        string folder = scene.Folder();
        Each(scene, operations, $"{folder}/{longest}x", ENAMETOOLONG, "a name of 256 bytes in a directory");
    }

    private static void LongPath(Scene scene, Operation[] operations)
    {
        // "./" again and again: the path is long, its components are not.
        string most = string.Concat(Enumerable.Repeat("./", 2046)) + "a/m";
        scene.Equal(PATH_MAX - 1, most.Length, "the longest path has PATH_MAX bytes with its NUL");
        Each(scene, operations, most + "x", ENAMETOOLONG, "a path of 4096 bytes and a NUL");
        Each(scene, operations, most, ENOENT, "a missing path of 4095 bytes and a NUL");
        Each(scene, operations, new string('/', 4095) + "x", ENAMETOOLONG, "4095 slashes and a name");
    }

    private static void Loops(Scene scene, Operation[] operations)
    {
        scene.Must(symlink("second", "first"));
        scene.Must(symlink("first", "second"));
        scene.Must(symlink("self", "self"));
        Each(scene, operations, "first/name", ELOOP, "a name behind two links to each other");
        Each(scene, operations, "self/name", ELOOP, "a name behind a link to itself");
        Each(scene, operations, "self", ELOOP, "a link to itself", one => one.Follows);
        Each(scene, operations, "first", ELOOP, "one of two links to each other", one => one.Follows);
        // path_resolution(7): at most 40 links on the way.
        string previous = ".";
        for (int i = 0; i < 41; i++)
        {
            string link = $"chain{i}";
            scene.Must(symlink(previous, link));
            previous = link;
        }
        Each(scene, operations, "chain40/missing", ELOOP, "a name behind 41 links");
        Each(scene, operations, "chain39/missing/name", ENOENT, "a missing directory behind 40 links");
    }

    private static void Unsearchable(Scene scene, Operation[] operations)
    {
        string home = scene.FolderOf(User.Alice, 755);
        string inside = $"{home}/inside";
        using (As(User.Alice))
        {
            scene.Must(mkdir(inside, Octal(755)));
            scene.Must(TryMake(FileKind.Regular, $"{inside}/file", 666));
        }
        foreach ((int mode, User user) in new[] { (677, User.Alice), (767, User.BobOfAlices), (767, User.BobBesideAlice), (776, User.Bob), (0, User.Alice), (0, User.Bob) })
        {
            scene.Must(chmod(inside, Octal(mode)));
            Must(scene);
            foreach (Operation operation in operations)
            {
                using (As(user))
                {
                    // link(2) to and rename(2) to look at their first path as well: "there" is root's, and the way to the second is looked at before.
                    scene.Fails(EACCES, operation.Call($"{inside}/file"), $"{operation.Name} in a directory of mode {mode} as {user}");
                    scene.Fails(EACCES, operation.Call($"{inside}/none/file"), $"{operation.Name} two below a directory of mode {mode} as {user}");
                }
            }
        }
        scene.Must(chmod(inside, Octal(777)));
        scene.Equal("file", string.Join(' ', scene.List(inside)), "what is in the directory after all");
    }

    private static void Empty(Scene scene, Operation[] operations) => Each(scene, operations, "", ENOENT, "an empty path");
}

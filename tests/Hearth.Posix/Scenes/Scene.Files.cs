using System.Text;

namespace Hearth.Posix.Scenes;

/// <summary>A running case: the files that it works on. Names are relative to the directory of the case.</summary>
internal sealed partial class Scene
{
    /// <summary>How long a time stamp can stay behind: a tick of the slowest kernel (HZ=100) and a bit, ns.</summary>
    private const long ClockGrain = 12_000_000;

    private readonly List<int> _descriptors = [];
    private int _names;
    private bool? _nodes;

    /// <summary>All types that can be made here, device nodes among them if the caller may.</summary>
    public IEnumerable<FileKind> Kinds => Enum.GetValues<FileKind>().Where(kind => kind < FileKind.Character || Nodes);

    /// <summary>All types that are not directories.</summary>
    public IEnumerable<FileKind> NotDirectories => Kinds.Where(kind => kind != FileKind.Directory);

    /// <summary>All types with a mode of their own.</summary>
    public IEnumerable<FileKind> NotLinks => Kinds.Where(kind => kind != FileKind.Symlink);

    /// <summary>Whether the caller can make device nodes.</summary>
    public bool Nodes
    {
        get
        {
            if (_nodes is null)
            {
                string probe = Fresh();
                _nodes = Kernel.mknod(probe, S_IFCHR | Modes.Octal(600), Device(1, 3)) >= 0;
                _ = Kernel.unlink(probe);
            }
            return _nodes.Value;
        }
    }

    /// <summary>Whether the mount runs programs: without that, nobody may execute a regular file.</summary>
    public bool RunsPrograms
    {
        get
        {
            Must(Kernel.statfs(".", out FileSystemStatus status));
            return (status.Flags & ST_NOEXEC) == 0;
        }
    }

    /// <summary>A device number as the kernel's new encoding has it.</summary>
    public static ulong Device(uint major, uint minor) => (minor & 0xFF) | (major << 8) | ((minor & 0xFFFFFF00) << 12);

    /// <summary>A name that was not used yet.</summary>
    public string Fresh() => $"n{_names++}";

    /// <summary>A new file of a type.</summary>
    public string Make(FileKind kind, int octal = 644)
    {
        string path = Fresh();
        Make(kind, path, octal);
        return path;
    }

    public void Make(FileKind kind, string path, int octal = 644) => Must(TryMake(kind, path, octal), $"make {kind} {path}");

    /// <summary>The call that makes a file of a type, and its result.</summary>
    public static long TryMake(FileKind kind, string path, int octal = 644)
    {
        uint mode = Modes.Octal(octal);
        return kind switch
        {
            FileKind.Regular => CloseIfOpen(Kernel.open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode)),
            FileKind.Directory => Kernel.mkdir(path, mode),
            FileKind.Fifo => Kernel.mkfifo(path, mode),
            FileKind.Socket => Kernel.mknod(path, S_IFSOCK | mode),
            FileKind.Symlink => Kernel.symlink("nowhere", path),
            FileKind.Character => Kernel.mknod(path, S_IFCHR | mode, Device(1, 3)),
            _ => Kernel.mknod(path, S_IFBLK | mode, Device(7, 200)),
        };
    }

    /// <summary>Removes a file of a type.</summary>
    public void Drop(FileKind kind, string path) => Ok(kind == FileKind.Directory ? Kernel.rmdir(path) : Kernel.unlink(path), $"remove {kind} {path}");

    /// <summary>The bits of the type in st_mode.</summary>
    public static uint TypeOf(FileKind kind) => kind switch
    {
        FileKind.Regular => S_IFREG,
        FileKind.Directory => S_IFDIR,
        FileKind.Fifo => S_IFIFO,
        FileKind.Socket => S_IFSOCK,
        FileKind.Symlink => S_IFLNK,
        FileKind.Character => S_IFCHR,
        _ => S_IFBLK,
    };

    /// <summary>A new regular file with this text.</summary>
    public string File(string content = "", int octal = 644)
    {
        string path = Fresh();
        int descriptor = Open(path, O_CREAT | O_EXCL | O_WRONLY, octal);
        if (content.Length > 0)
        {
            Equal(content.Length, (int)Kernel.write(descriptor, Encoding.Latin1.GetBytes(content)), $"write {path}");
        }
        Close(descriptor);
        return path;
    }

    /// <summary>A new directory.</summary>
    public string Folder(int octal = 755) => Make(FileKind.Directory, octal);

    /// <summary>A new directory that belongs to a user.</summary>
    public string FolderOf(User user, int octal = 755)
    {
        string path = Folder(octal);
        Must(Kernel.chown(path, user.Id, user.Group));
        Must(Kernel.chmod(path, Modes.Octal(octal)));
        return path;
    }

    /// <summary>Opens a file, which must work; closed at the end of the case at the latest.</summary>
    public int Open(string path, int flags, int octal = 644)
    {
        int descriptor = (int)Must(Kernel.open(path, flags | O_CLOEXEC, Modes.Octal(octal)), $"open {path} with 0x{flags:x}");
        _descriptors.Add(descriptor);
        return descriptor;
    }

    /// <summary>Takes a descriptor, or the error of an open, into the case's keeping.</summary>
    public int Keep(long result)
    {
        if (result >= 0)
        {
            _descriptors.Add((int)result);
        }
        return (int)result;
    }

    public void Close(int descriptor)
    {
        _ = _descriptors.Remove(descriptor);
        _ = Ok(Kernel.close(descriptor), "close");
    }

    /// <summary>Closes the descriptor if the open worked. Answers the result of the open: 0 or -errno.</summary>
    public static long CloseIfOpen(long result)
    {
        if (result < 0)
        {
            return result;
        }
        _ = Kernel.close((int)result);
        return 0;
    }

    /// <summary>open(2) with this mode in octal digits, closed at once: 0 or -errno.</summary>
    public static long TryOpen(string path, int flags, int octal = 644) => CloseIfOpen(Kernel.open(path, flags | O_CLOEXEC, Modes.Octal(octal)));

    public void CloseAll()
    {
        _descriptors.ForEach(descriptor => _ = Kernel.close(descriptor));
        _descriptors.Clear();
    }

    public FileStatus Status(string path)
    {
        Must(Kernel.stat(path, out FileStatus status), $"stat {path}");
        return status;
    }

    public FileStatus LinkStatus(string path)
    {
        Must(Kernel.lstat(path, out FileStatus status), $"lstat {path}");
        return status;
    }

    public FileStatus Status(int descriptor)
    {
        Must(Kernel.fstat(descriptor, out FileStatus status), "fstat");
        return status;
    }

    /// <summary>The content of a file of at most a few MiB as byte string.</summary>
    public string Content(string path)
    {
        int descriptor = Open(path, O_RDONLY);
        byte[] buffer = new byte[(int)Status(descriptor).Size + 1];
        int length = 0;
        while (Kernel.pread(descriptor, buffer.AsSpan(length), length) is > 0 and var read)
        {
            length += (int)read;
        }
        Close(descriptor);
        return Encoding.Latin1.GetString(buffer, 0, length);
    }

    /// <summary>The names in a directory but "." and "..", sorted.</summary>
    public List<string> List(string path)
    {
        int descriptor = Open(path, O_RDONLY | O_DIRECTORY);
        List<DirectoryEntry> entries = [];
        Must(Tree.Read(descriptor, entries), $"read directory {path}");
        Close(descriptor);
        return [.. entries.Select(entry => entry.Name).Where(one => one is not ("." or "..")).Order(StringComparer.Ordinal)];
    }

    /// <summary>The calling thread acts as a user until the answer is disposed.</summary>
    public static ActingAs As(User user) => new(user);

    /// <summary>Lets the clock of the time stamps move on: it is the tick's, not the nanosecond's.</summary>
    public static void Tick() => Kernel.nanosleep(ClockGrain);

    /// <summary>The operation changes these time stamps of the file, and no others.</summary>
    public void Touches(Times expected, string path, Func<long> operation, string what)
    {
        FileStatus before = LinkStatus(path);
        Tick();
        _ = Ok(operation(), what);
        FileStatus after = LinkStatus(path);
        if (!expected.HasFlag(Times.PerhapsAccessed))
        {
            Moved(expected.HasFlag(Times.Accessed), before.Accessed, after.Accessed, $"atime of {path} by {what}");
        }
        Moved(expected.HasFlag(Times.Modified), before.Modified, after.Modified, $"mtime of {path} by {what}");
        Moved(expected.HasFlag(Times.Changed), before.Changed, after.Changed, $"ctime of {path} by {what}");
    }

    /// <summary>The call fails with this error and changes no time stamp of the file.</summary>
    public void FailsUntouched(int errno, string path, Func<long> operation, string what)
    {
        FileStatus before = LinkStatus(path);
        Tick();
        Fails(errno, operation(), what);
        Equal(before.Changed, LinkStatus(path).Changed, $"ctime of {path} after {what}");
    }

    public void Dispose() => CloseAll();

    private void Moved(bool expected, Timestamp before, Timestamp after, string what)
    {
        if (expected)
        {
            Later(before, after, what);
            return;
        }
        Equal(before, after, what);
    }
}

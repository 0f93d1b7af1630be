namespace Hearth.Posix.Stress;

/// <summary>One of the threads: its files, and what it does. Owned by its thread while that runs.</summary>
internal sealed class StressThread
{
    private const int MostFiles = 40;

    private readonly string _root;
    private readonly int _number;
    private readonly Random _random;
    private readonly Dictionary<string, byte[]> _files = [];
    private readonly byte[] _buffer = new byte[128 << 10];
    private readonly Action[] _steps;
    private int _names;

    public StressThread(string root, int number, int seed)
    {
        _root = root;
        _number = number;
        _random = new Random((seed * 1000) + number);
        _steps = [Create, Create, ReadOwn, ReadOwn, Move, Move, Remove, Overwrite, Append, List, Publish, ReadShared, ReadShared, Status, Missing, Relink, MakeDirectory];
    }

    public long Operations { get; private set; }

    public string? Failure { get; set; }

    public IEnumerable<string> Paths => _files.Keys;

    /// <exception cref="StressException">Something was not as it has to be.</exception>
    public void Step()
    {
        _steps[_random.Next(_steps.Length)]();
        Operations++;
    }

    public void CheckAll()
    {
        foreach (string path in _files.Keys)
        {
            Compare(path);
        }
    }

    private string Folder() => $"{_root}/d{_random.Next(StressRun.Directories)}";

    private string Fresh() => $"{Folder()}/t{_number}-{_names++}";

    private string? Own() => _files.Count == 0 ? null : _files.Keys.ElementAt(_random.Next(_files.Count));

    private byte[] Content() => StressContent.Of(_random.Next(), _random.Next(8) == 0 ? _random.Next(40_000) : _random.Next(4000));

    private void Create()
    {
        if (_files.Count >= MostFiles)
        {
            Remove();
            return;
        }
        string path = Fresh();
        byte[] content = Content();
        Must(StressContent.Write(path, O_CREAT | O_EXCL | O_WRONLY, content), $"create {path}");
        _files.Add(path, content);
    }

    private void ReadOwn()
    {
        if (Own() is { } path)
        {
            Compare(path);
        }
    }

    private void Move()
    {
        if (Own() is not { } path)
        {
            return;
        }
        string target = _random.Next(4) == 0 ? Own()! : Fresh();
        Must(rename(path, target), $"rename {path} to {target}");
        if (target != path)
        {
            _files[target] = _files[path];
            _files.Remove(path);
            Gone(path);
        }
    }

    private void Remove()
    {
        if (Own() is not { } path)
        {
            return;
        }
        Must(unlink(path), $"unlink {path}");
        _files.Remove(path);
        Gone(path);
    }

    private void Overwrite()
    {
        if (Own() is not { } path)
        {
            return;
        }
        byte[] content = Content();
        Must(StressContent.Write(path, O_WRONLY | O_TRUNC, content), $"overwrite {path}");
        _files[path] = content;
        Compare(path);
    }

    private void Append()
    {
        if (Own() is not { } path || _files[path].Length > 60_000)
        {
            return;
        }
        byte[] more = Content();
        Must(StressContent.Write(path, O_WRONLY | O_APPEND, more), $"append to {path}");
        _files[path] = [.. _files[path], .. more];
    }

    private void List()
    {
        string folder = Folder();
        int descriptor = (int)Must(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), $"open {folder}");
        List<DirectoryEntry> entries = [];
        long result = Tree.Read(descriptor, entries);
        _ = close(descriptor);
        Must(result, $"read {folder}");
        string[] seen = [.. entries.Select(entry => entry.Name).Where(name => name.StartsWith($"t{_number}-", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        string[] expected = [.. _files.Keys.Where(path => path.StartsWith(folder + "/", StringComparison.Ordinal)).Select(path => path[(folder.Length + 1)..]).Order(StringComparer.Ordinal)];
        if (!seen.SequenceEqual(expected))
        {
            throw new StressException($"{folder} lists [{string.Join(' ', seen)}] of thread {_number} instead of [{string.Join(' ', expected)}]");
        }
        int shared = entries.Count(entry => entry.Name.StartsWith("shared", StringComparison.Ordinal));
        if (shared < StressRun.SharedNames && !BeingReplaced(folder))
        {
            throw new StressException($"{folder} lists {shared} of {StressRun.SharedNames} shared names");
        }
    }

    /// <summary>
    /// POSIX promises a place in the listing to names that are neither made nor removed while it is read. A name that is replaced by
    /// rename may be missed in it; it must be in reach by itself, though.
    /// </summary>
    private static bool BeingReplaced(string folder) =>
        Enumerable.Range(0, StressRun.SharedNames).All(name => lstat($"{folder}/shared{name}", out _) == 0);

    private void Publish()
    {
        string folder = Folder();
        string path = $"{folder}/t{_number}-{_names++}";
        Must(StressContent.Write(path, O_CREAT | O_EXCL | O_WRONLY, Content()), $"create {path}");
        Must(rename(path, $"{(_random.Next(2) == 0 ? folder : Folder())}/shared{_random.Next(StressRun.SharedNames)}"), $"publish {path}");
    }

    private void ReadShared()
    {
        string path = $"{Folder()}/shared{_random.Next(StressRun.SharedNames)}";
        long length = Must(StressContent.Read(path, _buffer), $"read {path}");
        if (!StressContent.IsWhole(_buffer.AsSpan(0, (int)length)))
        {
            throw new StressException($"{path}: {length} bytes that are nobody's content");
        }
    }

    private void Status()
    {
        if (Own() is not { } path)
        {
            return;
        }
        Must(lstat(path, out FileStatus status), $"stat {path}");
        if (status.Size != _files[path].Length || status.Links != 1)
        {
            throw new StressException($"{path}: size {status.Size} and {status.Links} links instead of {_files[path].Length} and 1");
        }
    }

    private void Missing() => Gone($"{Folder()}/t{_number}-none{_random.Next(5)}");

    private void Relink()
    {
        if (Own() is not { } path)
        {
            return;
        }
        string target = Fresh();
        Must(link(path, target), $"link {path} to {target}");
        Must(unlink(path), $"unlink {path}");
        _files[target] = _files[path];
        _files.Remove(path);
        Compare(target);
    }

    private void MakeDirectory()
    {
        string path = $"{_root}/t{_number}-folder";
        Must(mkdir(path, Octal(755)), $"mkdir {path}");
        Must(StressContent.Write($"{path}/file", O_CREAT | O_EXCL | O_WRONLY, Content()), $"create in {path}");
        long full = rmdir(path);
        if (full is not (-ENOTEMPTY or -EEXIST))
        {
            throw new StressException($"rmdir of {path}, which is not empty: {Describe(full)}");
        }
        Must(unlink($"{path}/file"), $"unlink in {path}");
        Must(rmdir(path), $"rmdir {path}");
    }

    private void Compare(string path)
    {
        long length = Must(StressContent.Read(path, _buffer), $"read {path}");
        if (!_buffer.AsSpan(0, (int)length).SequenceEqual(_files[path]))
        {
            throw new StressException($"{path}: {length} bytes that are not the {_files[path].Length} that were written");
        }
    }

    private static void Gone(string path)
    {
        long result = lstat(path, out _);
        if (result != -ENOENT)
        {
            throw new StressException($"{path} is to be gone, and stat says {Describe(result)}");
        }
    }

    private static long Must(long result, string what) => result >= 0 ? result : throw new StressException($"{what}: {Describe(result)}");
}

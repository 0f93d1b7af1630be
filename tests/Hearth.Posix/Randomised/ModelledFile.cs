namespace Hearth.Posix.Randomised;

/// <summary>A file, the array that it has to equal, and the operations on both.</summary>
internal sealed class ModelledFile : IDisposable
{
    /// <summary>How many operations a failure shows.</summary>
    private const int Remembered = 30;

    private readonly string _path;
    private readonly Random _random;
    private readonly byte[] _model;
    private readonly byte[] _seen;
    private readonly Queue<string> _last = new();
    private readonly HashSet<string> _unsupported = [];
    private readonly (int Weight, Action Do)[] _operations;
    private int _size;
    private int _descriptor;

    public ModelledFile(string path, RandomOptions options)
    {
        _path = path;
        _random = new Random(options.Seed);
        _model = new byte[options.MaximumSize];
        _seen = new byte[options.MaximumSize + 1];
        _descriptor = (int)open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, Octal(600));
        if (_descriptor < 0)
        {
            throw new IOException($"{path}: {Describe(_descriptor)}");
        }
        _operations =
        [
            (20, Write), (20, Read), (8, Truncate), (10, MapWrite), (10, MapRead), (4, Grow), (6, () => Zero(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, "punch")),
            (4, () => Zero(FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, "zero")), (8, Copy), (3, Sync), (4, Reopen), (6, ReadBySecond), (4, Append), (2, Hole), (2, CompareAll),
        ];
    }

    public IReadOnlyList<string> Last => [.. _last];

    public IReadOnlyList<string> Unsupported => [.. _unsupported.Order(StringComparer.Ordinal)];

    /// <exception cref="MismatchException">The file is not what the model says.</exception>
    public void Step()
    {
        int chosen = _random.Next(_operations.Sum(one => one.Weight));
        foreach ((int weight, Action operation) in _operations)
        {
            chosen -= weight;
            if (chosen < 0)
            {
                operation();
                break;
            }
        }
        Check(fstat(_descriptor, out FileStatus status), "fstat");
        Same(_size, status.Size, "size");
    }

    public void CompareAll()
    {
        Note("compare all");
        Same(_size, pread(_descriptor, _seen, 0), "length of all");
        Compare(0, _size, "all");
    }

    public void Dispose()
    {
        _ = close(_descriptor);
        _ = unlink(_path);
    }

    private void Write()
    {
        (int offset, int length) = Range(_model.Length);
        Note($"write {length} at {offset}");
        Put(offset, length);
        Same(length, pwrite(_descriptor, _model.AsSpan(offset, length), offset), "written");
    }

    private void Append()
    {
        int length = Math.Min(_random.Next(1, 5000), _model.Length - _size);
        Note($"append {length}");
        int descriptor = (int)Check(open(_path, O_WRONLY | O_APPEND | O_CLOEXEC), "open to append");
        int offset = _size;
        Put(offset, length);
        long result = write(descriptor, _model.AsSpan(offset, length));
        _ = close(descriptor);
        Same(length, result, "appended");
    }

    private void Read()
    {
        (int offset, int length) = Range(_model.Length);
        Note($"read {length} at {offset}");
        int expected = Math.Clamp(_size - offset, 0, length);
        Same(expected, pread(_descriptor, _seen.AsSpan(offset, length), offset), "read");
        Compare(offset, expected, "read");
    }

    private void ReadBySecond()
    {
        (int offset, int length) = Range(_model.Length);
        Note($"read {length} at {offset} by a new descriptor");
        int descriptor = (int)Check(open(_path, O_RDONLY | O_CLOEXEC), "open to read");
        int expected = Math.Clamp(_size - offset, 0, length);
        long result = pread(descriptor, _seen.AsSpan(offset, length), offset);
        _ = close(descriptor);
        Same(expected, result, "read by a new descriptor");
        Compare(offset, expected, "read by a new descriptor");
    }

    private void Truncate()
    {
        int size = _random.Next(3) == 0 ? _random.Next(_model.Length + 1) : Math.Clamp(_size + _random.Next(-9000, 9000), 0, _model.Length);
        bool byPath = _random.Next(2) == 0;
        Note($"truncate from {_size} to {size}{(byPath ? " by path" : "")}");
        Check(byPath ? truncate(_path, size) : ftruncate(_descriptor, size), "truncate");
        Array.Clear(_model, Math.Min(size, _size), Math.Abs(size - _size));
        _size = size;
    }

    private void MapWrite() => Map("map and write", PROT_READ | PROT_WRITE, (bytes, offset) =>
    {
        _random.NextBytes(_model.AsSpan(offset, bytes.Length));
        _model.AsSpan(offset, bytes.Length).CopyTo(bytes);
    });

    private void MapRead() => Map("map and read", PROT_READ, (bytes, offset) =>
    {
        bytes.CopyTo(_seen.AsSpan(offset));
        Compare(offset, bytes.Length, "the mapping");
    });

    private unsafe void Map(string what, int protection, MappedBytes act)
    {
        if (_size == 0)
        {
            return;
        }
        int offset = _random.Next(_size);
        int length = Math.Min(_random.Next(1, 20_000), _size - offset);
        Note($"{what} {length} at {offset}");
        int start = offset & ~4095;
        long address = Check(mmap(_descriptor, offset - start + length, protection, MAP_SHARED, start), "mmap");
        try
        {
            // SAFETY: the mapping lasts until the end of this block and is within the file.
            act(new Span<byte>((byte*)address + (offset - start), length), offset);
        }
        finally
        {
            _ = munmap(address, offset - start + length);
        }
    }

    private void Grow()
    {
        (int offset, int length) = Range(_model.Length);
        bool keep = _random.Next(2) == 0;
        string name = keep ? "fallocate keeping the size" : "fallocate";
        if (!Has(name, fallocate(_descriptor, keep ? FALLOC_FL_KEEP_SIZE : 0, offset, length), $"{name} {length} at {offset}"))
        {
            return;
        }
        _size = keep ? _size : Math.Max(_size, offset + length);
    }

    private void Zero(int mode, string name)
    {
        (int offset, int length) = Range(_model.Length);
        if (Has(name, fallocate(_descriptor, mode, offset, length), $"{name} {length} at {offset}"))
        {
            Array.Clear(_model, offset, Math.Clamp(_size - offset, 0, length));
        }
    }

    private void Copy()
    {
        (int source, int length) = Range(_size);
        int target = _random.Next(_model.Length - length + 1);
        if (length == 0 || Math.Abs(source - target) < length)
        {
            return;
        }
        Note($"copy {length} from {source} to {target}");
        for (int done = 0; done < length;)
        {
            long result = copy_file_range(_descriptor, source + done, _descriptor, target + done, length - done);
            if (done == 0 && !Has("copy_file_range", result, "copy"))
            {
                return;
            }
            done += (int)Check(result > 0 ? result : -EIO, $"copy_file_range gave {Describe(result)}");
        }
        Array.Copy(_model, source, _model, target, length);
        _size = Math.Max(_size, target + length);
    }

    private void Sync()
    {
        Note("sync");
        Check(_random.Next(2) == 0 ? fsync(_descriptor) : fdatasync(_descriptor), "fsync");
    }

    private void Reopen()
    {
        Note("close and open");
        Check(close(_descriptor), "close");
        _descriptor = (int)Check(open(_path, O_RDWR | O_CLOEXEC), "open");
    }

    private void Hole()
    {
        int offset = _size == 0 ? 0 : _random.Next(_size);
        Note($"seek for data from {offset}");
        long data = lseek(_descriptor, offset, SEEK_DATA);
        int end = data == -ENXIO ? _size : (int)Check(data, "SEEK_DATA");
        if (_model.AsSpan(offset, Math.Max(0, end - offset)).IndexOfAnyExcept((byte)0) >= 0)
        {
            throw new MismatchException($"SEEK_DATA from {offset} gave {Describe(data)}, and there is data before");
        }
    }

    /// <summary>New content in a part of the model, and zeros before it where the file grows.</summary>
    private void Put(int offset, int length)
    {
        _random.NextBytes(_model.AsSpan(offset, length));
        _size = length == 0 ? _size : Math.Max(_size, offset + length);
    }

    private (int Offset, int Length) Range(int end)
    {
        int length = _random.Next(8) == 0 ? _random.Next(1, 60_000) : _random.Next(1, 6000);
        int offset = _random.Next(Math.Max(1, end));
        // Places around pages find more than places anywhere.
        offset = _random.Next(3) == 0 ? Math.Max(0, (offset & ~4095) + _random.Next(-2, 3)) : offset;
        return (offset, Math.Clamp(end - offset, 0, length));
    }

    private bool Has(string name, long result, string note)
    {
        Note(note);
        if (result is -EOPNOTSUPP or -ENOSYS)
        {
            _unsupported.Add(name);
            return false;
        }
        Check(result, name);
        return true;
    }

    private void Compare(int offset, int length, string what)
    {
        ReadOnlySpan<byte> expected = _model.AsSpan(offset, length), seen = _seen.AsSpan(offset, length);
        int same = expected.CommonPrefixLength(seen);
        if (same < length)
        {
            throw new MismatchException($"{what}: byte {offset + same} is {seen[same]} instead of {expected[same]} (of {length} from {offset}, file of {_size})");
        }
    }

    private static void Same(long expected, long seen, string what)
    {
        if (expected != seen)
        {
            throw new MismatchException($"{what}: expected {expected}, saw {Describe(seen)}");
        }
    }

    private static long Check(long result, string what) => result >= 0 ? result : throw new MismatchException($"{what}: {Describe(result)}");

    private void Note(string operation)
    {
        _last.Enqueue(operation);
        if (_last.Count > Remembered)
        {
            _ = _last.Dequeue();
        }
    }

    private delegate void MappedBytes(Span<byte> bytes, int offset);
}

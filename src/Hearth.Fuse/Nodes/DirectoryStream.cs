using System.Runtime.InteropServices;
using Hearth.Linux;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Fuse.Nodes;

/// <summary>Reads a directory from any place that was told before (getdents64(2)), with the entries behind it at hand.</summary>
internal sealed unsafe class DirectoryStream(SafeFileHandle directory) : IDisposable
{
    // struct linux_dirent64: ino, off, reclen, type, name.
    private const int RecordLengthAt = 16;
    private const int TypeAt = 18;
    private const int NameAt = 19;
    private const int BufferBytes = 32 * 1024;
    private const int SeekSet = 0;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _from;
    private int _to;

    /// <summary>Of the entry that <see cref="TryPeek"/> gives next: what to seek to for it.</summary>
    public long Position { get; private set; }

    public static int Open(int parent, out DirectoryStream? stream)
    {
        byte* dot = stackalloc byte[2] { (byte)'.', 0 };
        int fd = Libc.open_at(parent, dot, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW | Fcntl.O_CLOEXEC, 0);
        stream = fd < 0 ? null : new DirectoryStream(new SafeFileHandle(fd, ownsHandle: true));
        return fd < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <returns>errno(3).</returns>
    public int Seek(long position)
    {
        if (position == Position && position != 0)
        {
            return 0;
        }

        (_from, _to, Position) = (0, 0, position);
        return Libc.lseek((int)directory.DangerousGetHandle(), position, SeekSet) < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>The next entry, which stays the next until <see cref="Advance"/>. False at the end, or with an error.</summary>
    public bool TryPeek(out DirectoryEntry entry, out int error)
    {
        entry = default;
        error = 0;
        if (_from == _to)
        {
            nint read;
            fixed (byte* buffer = _buffer)
            {
                read = Libc.read_entries((int)directory.DangerousGetHandle(), buffer, BufferBytes);
            }

            if (read <= 0)
            {
                error = read < 0 ? Marshal.GetLastPInvokeError() : 0;
                return false;
            }

            (_from, _to) = (0, (int)read);
        }

        ReadOnlySpan<byte> record = _buffer.AsSpan(_from, MemoryMarshal.Read<ushort>(_buffer.AsSpan(_from + RecordLengthAt)));
        ReadOnlySpan<byte> name = record[NameAt..];
        entry = new DirectoryEntry(MemoryMarshal.Read<ulong>(record), MemoryMarshal.Read<long>(record[sizeof(ulong)..]), record[TypeAt], name[..(name.IndexOf((byte)0) + 1)], record.Length);
        return true;
    }

    public void Advance(in DirectoryEntry entry)
    {
        _from += entry.RecordBytes;
        Position = entry.Next;
    }

    public void Dispose() => directory.Dispose();
}

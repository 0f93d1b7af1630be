using System.Buffers.Binary;
using System.Text;

namespace Hearth.Posix.Scenes;

/// <summary>Reads and removes directories.</summary>
internal static class Tree
{
    /// <summary>What an open directory lists from its position on, "." and ".." included, in order; or the error of the read.</summary>
    public static long Read(int descriptor, List<DirectoryEntry> entries, int room = 32768)
    {
        byte[] buffer = new byte[room];
        while (true)
        {
            long length = Kernel.getdents64(descriptor, buffer);
            if (length <= 0)
            {
                return length;
            }
            Parse(buffer.AsSpan(0, (int)length), entries);
        }
    }

    /// <summary>Appends the entries of one getdents64(2).</summary>
    public static void Parse(ReadOnlySpan<byte> records, List<DirectoryEntry> entries)
    {
        while (!records.IsEmpty)
        {
            ushort size = BinaryPrimitives.ReadUInt16LittleEndian(records[16..]);
            ReadOnlySpan<byte> name = records[19..size];
            name = name[..name.IndexOf((byte)0)];
            entries.Add(new DirectoryEntry(
                BinaryPrimitives.ReadUInt64LittleEndian(records), BinaryPrimitives.ReadInt64LittleEndian(records[8..]), records[18], Encoding.Latin1.GetString(name)));
            records = records[size..];
        }
    }

    /// <summary>Removes a file, or a directory with all that is in it, whatever their modes are; trees may be deeper than PATH_MAX.</summary>
    public static long Remove(string path)
    {
        long result = RemoveAt(AT_FDCWD, path);
        return result == -Errno.ENOENT ? 0 : result;
    }

    private static long RemoveAt(int parent, string name)
    {
        if (Kernel.unlinkat(parent, name, 0) is var unlinked and (>= 0 or -Errno.ENOENT))
        {
            return unlinked;
        }
        if (Kernel.unlinkat(parent, name, AT_REMOVEDIR) >= 0)
        {
            return 0;
        }
        int descriptor = (int)Kernel.openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (descriptor < 0)
        {
            return descriptor;
        }
        try
        {
            // A mode of 0 does not keep its owner from emptying the directory, after this.
            _ = Kernel.fchmod(descriptor, Modes.Octal(700));
            List<DirectoryEntry> entries = [];
            long result = Read(descriptor, entries);
            foreach (DirectoryEntry entry in entries.Where(entry => entry.Name is not ("." or "..")))
            {
                long one = RemoveAt(descriptor, entry.Name);
                result = result < 0 ? result : one;
            }
            return result < 0 ? result : Kernel.unlinkat(parent, name, AT_REMOVEDIR);
        }
        finally
        {
            _ = Kernel.close(descriptor);
        }
    }
}

using System.Globalization;
using System.Text;

namespace Hearth.Images.Initramfs;

/// <summary>
/// Writes the cpio format that the kernel unpacks its first root file system from
/// (Documentation/driver-api/early-userspace/buffer-format.rst): a header of hexadecimal fields, the name, the bytes, each
/// padded to 4. Everything belongs to root and has time 0, so that equal contents are equal bytes.
/// </summary>
internal sealed class NewcWriter(Stream output)
{
    private const uint DirectoryType = 0x4000;
    private const uint FileType = 0x8000;
    private const uint LinkType = 0xA000;
    private const uint CharacterDeviceType = 0x2000;

    /// <summary>The kernel looks for the next archive at multiples of 4; 512 is what cpio(1) pads to.</summary>
    private const int ArchiveAlignment = 512;

    private uint _inode;
    private long _written;

    /// <summary>Adds a directory; paths have no leading slash, and what is in a directory comes after it.</summary>
    public void AddDirectory(string path, uint mode = 0x1ED /* 0755 */) => Add(path, DirectoryType | mode, []);

    public void AddFile(string path, ReadOnlySpan<byte> content, uint mode) => Add(path, FileType | mode, content);

    public void AddSymbolicLink(string path, string target) => Add(path, LinkType | 0x1FF /* 0777 */, Encoding.UTF8.GetBytes(target));

    public void AddCharacterDevice(string path, uint mode, uint major, uint minor) => Add(path, CharacterDeviceType | mode, [], major, minor);

    /// <summary>Writes the end of the archive; nothing may be added after it.</summary>
    public void Finish()
    {
        _inode = 0;
        Write("TRAILER!!!", 0, [], 0, 0, 0);
        Pad(ArchiveAlignment);
    }

    private void Add(string path, uint mode, ReadOnlySpan<byte> content, uint major = 0, uint minor = 0)
    {
        if (path.Length == 0 || path[0] == '/')
        {
            throw new ArgumentException($"'{path}' is not a path relative to the root.", nameof(path));
        }

        Write(path, mode, content, ++_inode, major, minor);
    }

    private void Write(string path, uint mode, ReadOnlySpan<byte> content, uint inode, uint major, uint minor)
    {
        byte[] name = Encoding.UTF8.GetBytes(path + "\0");
        uint links = (mode & 0xF000) == DirectoryType ? 2u : 1u;

        // c_ino, c_mode, c_uid, c_gid, c_nlink, c_mtime, c_filesize, c_maj, c_min, c_rmaj, c_rmin, c_namesize, c_chksum
        ReadOnlySpan<uint> fields = [inode, mode, 0, 0, links, 0, (uint)content.Length, 0, 0, major, minor, (uint)name.Length, 0];
        var header = new StringBuilder("070701", 110);
        foreach (uint field in fields)
        {
            header.Append(CultureInfo.InvariantCulture, $"{field:X8}");
        }

        Put(Encoding.ASCII.GetBytes(header.ToString()));
        Put(name);
        Pad(4);
        Put(content);
        Pad(4);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        _written += bytes.Length;
    }

    private void Pad(int alignment)
    {
        int rest = (int)(_written % alignment);
        if (rest != 0)
        {
            Span<byte> zeros = stackalloc byte[ArchiveAlignment];
            zeros.Clear();
            Put(zeros[..(alignment - rest)]);
        }
    }
}

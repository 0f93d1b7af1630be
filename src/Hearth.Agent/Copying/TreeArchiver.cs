using System.Formats.Tar;
using Hearth.Linux.Files;

namespace Hearth.Agent.Copying;

/// <summary>
/// Writes a tree as a POSIX pax archive. Entries are built by hand from statx(2): the library's own way to add a path looks
/// user names up in the C library, which would load what the container's nsswitch.conf names. Sockets are left out.
/// </summary>
internal sealed class TreeArchiver(TarWriter writer)
{
    private readonly Dictionary<(ulong Device, ulong Inode), string> _linked = [];

    /// <param name="path">What to add.</param>
    /// <param name="name">Its name in the archive.</param>
    /// <param name="follow">Follow a link at the path itself.</param>
    public void Add(string path, string name, bool follow)
    {
        if (!FileStatus.TryRead(path, follow, out FileStatus status))
        {
            return; // Gone since its directory was read.
        }

        if (status.Kind is FileKind.Socket or FileKind.None)
        {
            return;
        }

        PaxTarEntry entry = Describe(path, name, status);
        entry.Mode = (UnixFileMode)status.Permissions;
        entry.Uid = (int)status.User;
        entry.Gid = (int)status.Group;
        entry.ModificationTime = DateTimeOffset.FromUnixTimeSeconds(status.ModifiedSeconds).AddTicks(status.ModifiedNanoseconds / 100);
        if (entry.EntryType == TarEntryType.RegularFile)
        {
            using FileStream data = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            entry.DataStream = data;
            writer.WriteEntry(entry);
            return;
        }

        writer.WriteEntry(entry);
        if (entry.EntryType == TarEntryType.Directory)
        {
            foreach (string child in Directory.EnumerateFileSystemEntries(path))
            {
                Add(child, $"{name.TrimEnd('/')}/{Path.GetFileName(child)}", follow: false);
            }
        }
    }

    private PaxTarEntry Describe(string path, string name, in FileStatus status)
    {
        switch (status.Kind)
        {
            case FileKind.Directory:
                return new PaxTarEntry(TarEntryType.Directory, name + "/");
            case FileKind.Link:
                return new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = new FileInfo(path).LinkTarget ?? "" };
            case FileKind.Fifo:
                return new PaxTarEntry(TarEntryType.Fifo, name);
            case FileKind.Character or FileKind.Block:
                TarEntryType type = status.Kind == FileKind.Block ? TarEntryType.BlockDevice : TarEntryType.CharacterDevice;
                return new PaxTarEntry(type, name) { DeviceMajor = (int)status.DeviceMajor, DeviceMinor = (int)status.DeviceMinor };
            default:
                return status.Links > 1 && !_linked.TryAdd((status.Device, status.Inode), name)
                    ? new PaxTarEntry(TarEntryType.HardLink, name) { LinkName = _linked[(status.Device, status.Inode)] }
                    : new PaxTarEntry(TarEntryType.RegularFile, name);
        }
    }
}

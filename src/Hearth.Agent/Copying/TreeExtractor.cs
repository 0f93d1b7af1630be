using System.Formats.Tar;
using Hearth.Core.Errors;
using Hearth.Linux.Files;

namespace Hearth.Agent.Copying;

/// <summary>
/// Unpacks an archive into a directory. Names may not climb out of it; what is there is replaced, but for a directory by
/// something else or the other way round. Times of directories are set last, since filling them changes them.
/// </summary>
internal sealed class TreeExtractor(string destination, bool keepOwner)
{
    private readonly List<(string Path, DateTimeOffset Time)> _directories = [];

    public void Extract(Stream archive)
    {
        using TarReader reader = new(archive, leaveOpen: true);
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.EntryType != TarEntryType.GlobalExtendedAttributes)
            {
                Place(entry, Inside(entry.Name));
            }
        }

        for (int i = _directories.Count - 1; i >= 0; i--)
        {
            FileEntry.ChangeModified(_directories[i].Path, _directories[i].Time);
        }
    }

    private void Place(TarEntry entry, string path)
    {
        MakeRoom(entry, path);
        int mode = (int)entry.Mode;
        switch (entry.EntryType)
        {
            case TarEntryType.Directory or TarEntryType.DirectoryList:
                Directory.CreateDirectory(path);
                _directories.Add((path, entry.ModificationTime));
                break;
            case TarEntryType.SymbolicLink:
                FileEntry.SymbolicLink(path, entry.LinkName);
                break;
            case TarEntryType.HardLink:
                FileEntry.HardLink(path, Inside(entry.LinkName));
                return;
            case TarEntryType.Fifo:
                FileEntry.MakeDevice(path, (int)FileKind.Fifo | mode, 0, 0);
                break;
            case TarEntryType.BlockDevice or TarEntryType.CharacterDevice:
                PosixTarEntry device = (PosixTarEntry)entry;
                int kind = (int)(entry.EntryType == TarEntryType.BlockDevice ? FileKind.Block : FileKind.Character);
                FileEntry.MakeDevice(path, kind | mode, (uint)device.DeviceMajor, (uint)device.DeviceMinor);
                break;
            default:
                WriteFile(entry, path);
                break;
        }

        FileEntry.ChangeOwner(path, keepOwner ? (uint)entry.Uid : 0, keepOwner ? (uint)entry.Gid : 0);
        if (entry.EntryType != TarEntryType.SymbolicLink)
        {
            FileEntry.ChangeMode(path, mode); // After the owner: chown(2) clears the set-id bits.
        }

        FileEntry.ChangeModified(path, entry.ModificationTime);
    }

    private static void WriteFile(TarEntry entry, string path)
    {
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        entry.DataStream?.CopyTo(file);
    }

    private static void MakeRoom(TarEntry entry, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path) ?? "/");
        if (!FileStatus.TryRead(path, follow: false, out FileStatus there))
        {
            return;
        }

        bool isDirectory = there.Kind == FileKind.Directory;
        bool becomesDirectory = entry.EntryType is TarEntryType.Directory or TarEntryType.DirectoryList;
        if (isDirectory != becomesDirectory)
        {
            throw new HearthException("copy.kind", isDirectory
                ? $"cannot overwrite directory '{path}' with something that is not one"
                : $"cannot overwrite '{path}', which is not a directory, with a directory");
        }

        if (!isDirectory)
        {
            File.Delete(path);
        }
    }

    private string Inside(string name)
    {
        string[] parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts.Contains("..")
            ? throw new HearthException("copy.escape", $"The archive's entry '{name}' leads out of the destination.")
            : Path.Combine([destination, .. parts.Where(static p => p != ".")]);
    }
}

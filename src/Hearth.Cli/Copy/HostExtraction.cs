using System.Formats.Tar;
using Hearth.Core.Errors;
using Hearth.Core.Units;
using Hearth.Linux.Files;

namespace Hearth.Cli.Copy;

/// <summary>
/// Unpacks an archive that a guest made. The guest may be hostile: nothing is written outside of the directory given.
/// </summary>
/// <remarks>
/// Every name is taken apart; <c>..</c>, absolute names and names outside of the one entry that was asked for are refused.
/// No component of a path that is written through may be a symbolic link, wherever the link came from, so that an archive
/// cannot plant one and then write behind it. What stands in a file's place is removed, never written into. Device nodes and
/// sockets are left out with a warning, and set-user-id bits are dropped unless owners are kept: a guest must not place a
/// privileged program on the host by the way.
/// </remarks>
internal sealed class HostExtraction(string directory, string top, string? name, bool keepOwner, Action<string> warn)
{
    private const UnixFileMode SetId = UnixFileMode.SetUser | UnixFileMode.SetGroup;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly List<(string Path, TarEntry Entry)> _directories = [];

    /// <summary>Bytes that the destination's file system has left for this user; tests give less.</summary>
    internal Func<long> FreeBytes { get; init; } = () => new DriveInfo(directory).AvailableFreeSpace;

    /// <summary>Unpacks everything; the bytes of files written.</summary>
    /// <exception cref="HearthException"><c>copy.hostile</c>, <c>copy.corrupt</c>, <c>copy.no-space</c>, <c>copy.failed</c>.</exception>
    public async Task<long> ExtractAsync(Stream archive, CancellationToken cancellationToken)
    {
        long bytes = 0;
        try
        {
            await using var reader = new TarReader(archive, leaveOpen: true);
            while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
            {
                bytes += await ExtractEntryAsync(entry, cancellationToken);
            }

            // Last, and children first: a directory's time changes with its content, and its mode may forbid more.
            for (int i = _directories.Count - 1; i >= 0; i--)
            {
                Dress(_directories[i].Path, _directories[i].Entry);
            }
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException or ArgumentException)
        {
            throw new HearthException("copy.corrupt", $"The VM sent a broken archive: {e.Message}", "Try again; when it stays, the VM cannot be trusted.", inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HearthException("copy.failed", $"Cannot write to {directory}: {e.Message}", "Check the directory's permissions and space.", 1, e);
        }

        return bytes;
    }

    private async Task<long> ExtractEntryAsync(TarEntry entry, CancellationToken cancellationToken)
    {
        if (entry.EntryType is TarEntryType.GlobalExtendedAttributes || Map(entry.Name) is not { } path)
        {
            return 0;
        }

        PrepareParents(path);
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                MakeDirectory(path, entry);
                return 0;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                return await WriteFileAsync(path, entry, cancellationToken);
            case TarEntryType.SymbolicLink:
                Clear(path, entry);
                File.CreateSymbolicLink(path, entry.LinkName);
                ChangeOwner(path, entry);
                return 0;
            case TarEntryType.HardLink:
                Link(path, entry);
                return 0;
            default:
                warn($"{entry.Name}: not copied, {Describe(entry.EntryType)} stays in the VM.");
                return 0;
        }
    }

    private static string Describe(TarEntryType type) => type switch
    {
        TarEntryType.CharacterDevice or TarEntryType.BlockDevice => "a device node",
        TarEntryType.Fifo => "a named pipe",
        _ => "an entry of this kind",
    };

    /// <summary>The host path of an archive's name; null for the directory whose content is spread out.</summary>
    private string? Map(string entryName)
    {
        if (entryName.StartsWith('/') || entryName.Contains('\0', StringComparison.Ordinal))
        {
            throw Hostile(entryName, "it is absolute");
        }

        List<string> parts = [.. entryName.Split('/').Where(static part => part is not ("" or "."))];
        if (parts.Contains(".."))
        {
            throw Hostile(entryName, "it contains '..'");
        }

        if (top.Length > 0)
        {
            if (parts.Count == 0 || parts[0] != top)
            {
                throw Hostile(entryName, $"only '{top}' was asked for");
            }

            parts.RemoveAt(0);
        }

        if (name is not null)
        {
            parts.Insert(0, name);
        }

        return parts.Count == 0 ? null : Path.Combine([directory, .. parts]);
    }

    /// <summary>Makes the directories above <paramref name="path"/> and sees to it that none is a link.</summary>
    private void PrepareParents(string path)
    {
        string below = Path.GetRelativePath(directory, path);
        string at = directory;
        foreach (string part in below.Split('/')[..^1])
        {
            at = Path.Combine(at, part);
            switch (KindOf(at))
            {
                case null:
                    Directory.CreateDirectory(at, OwnerOnly);
                    File.SetUnixFileMode(at, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
                    break;
                case { } found when found.HasFlag(FileAttributes.ReparsePoint) || !found.HasFlag(FileAttributes.Directory):
                    throw Hostile(path, $"{at} is {(found.HasFlag(FileAttributes.ReparsePoint) ? "a symbolic link" : "no directory")}");
            }
        }
    }

    /// <summary>lstat(2): links are not followed; null when there is nothing.</summary>
    private static FileAttributes? KindOf(string path)
    {
        try
        {
            return File.GetAttributes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static bool IsRealDirectory(FileAttributes kind) => kind.HasFlag(FileAttributes.Directory) && !kind.HasFlag(FileAttributes.ReparsePoint);

    private static void Clear(string path, TarEntry entry)
    {
        if (KindOf(path) is not { } found)
        {
            return;
        }

        if (IsRealDirectory(found))
        {
            throw new HearthException("copy.refused", $"{path} is a directory; the archive has a file of that name ({entry.Name}).", "Remove it first.", 1);
        }

        File.Delete(path);
    }

    private void MakeDirectory(string path, TarEntry entry)
    {
        if (KindOf(path) is { } found)
        {
            if (!IsRealDirectory(found))
            {
                throw new HearthException("copy.refused", $"{path} is not a directory; the archive has one of that name ({entry.Name}).", "Remove it first.", 1);
            }
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly);
        }

        _directories.Add((path, entry));
    }

    private async Task<long> WriteFileAsync(string path, TarEntry entry, CancellationToken cancellationToken)
    {
        // Said before it is written: a guest could otherwise fill the disk under every other program first.
        if (FreeBytes() is var free && entry.Length > free)
        {
            throw new HearthException(
                "copy.no-space",
                $"{entry.Name} has {new ByteSize(entry.Length).ToDecimalString()}; the file system of {directory} has {new ByteSize(free).ToDecimalString()} left.",
                "Make room there, or copy to another file system.",
                1);
        }

        Clear(path, entry);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        long length;
        await using (var file = new FileStream(path, options))
        {
            if (entry.DataStream is { } data)
            {
                await data.CopyToAsync(file, cancellationToken);
            }

            length = file.Length;
        }

        Dress(path, entry);
        return length;
    }

    private void Link(string path, TarEntry entry)
    {
        string target = Map(entry.LinkName) ?? throw Hostile(entry.Name, "it links to a directory");
        PrepareParents(target);
        if (KindOf(target) is not { } found || found.HasFlag(FileAttributes.ReparsePoint) || found.HasFlag(FileAttributes.Directory))
        {
            throw Hostile(entry.Name, $"it links to '{entry.LinkName}', which is no file of the archive");
        }

        if (target == path)
        {
            return;
        }

        Clear(path, entry);
        FileEntry.HardLink(path, target);
    }

    /// <summary>Owner first: chown(2) clears the set-user-id bits.</summary>
    private void Dress(string path, TarEntry entry)
    {
        ChangeOwner(path, entry);
        File.SetUnixFileMode(path, keepOwner ? entry.Mode : entry.Mode & ~SetId);
        File.SetLastWriteTimeUtc(path, entry.ModificationTime.UtcDateTime);
    }

    private void ChangeOwner(string path, TarEntry entry)
    {
        if (keepOwner)
        {
            FileEntry.ChangeOwner(path, (uint)entry.Uid, (uint)entry.Gid);
        }
    }

    private static HearthException Hostile(string entryName, string cause) => new(
        "copy.hostile", $"The VM sent an archive with an entry that is refused: '{entryName}': {cause}.", "Nothing was written outside of the destination. Look at the VM before you trust it.", 1);
}

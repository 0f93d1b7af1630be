using System.Formats.Tar;
using Hearth.Core.Errors;
using Hearth.Linux.Files;

namespace Hearth.Cli.Copy;

/// <summary>Packs files of the host as a tar archive (POSIX pax) for a VM.</summary>
internal sealed class HostArchive(Action<string> warn)
{
    /// <summary>Bytes of files written.</summary>
    public long Bytes { get; private set; }

    /// <summary>Packs <paramref name="source"/> under <paramref name="name"/>, or a directory's content without its own name when that is null.</summary>
    /// <exception cref="HearthException"><c>copy.failed</c>: a file cannot be read.</exception>
    public async Task WriteAsync(Stream destination, string source, string? name, bool followLink, CancellationToken cancellationToken)
    {
        await using var writer = new TarWriter(destination, TarEntryFormat.Pax, leaveOpen: true);
        string path = followLink ? File.ResolveLinkTarget(source, returnFinalTarget: true)?.FullName ?? source : source;
        try
        {
            if (name is null)
            {
                await WriteChildrenAsync(writer, path, "", cancellationToken);
            }
            else
            {
                await WriteTreeAsync(writer, path, name, cancellationToken);
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HearthException("copy.failed", $"Cannot read {source}: {e.Message}", "Check its permissions, or run as its owner.", 1, e);
        }
    }

    private async Task WriteTreeAsync(TarWriter writer, string path, string name, CancellationToken cancellationToken)
    {
        FileAttributes kind = File.GetAttributes(path);
        bool isLink = kind.HasFlag(FileAttributes.ReparsePoint);
        if (FileStatus.TryRead(path, follow: false, out FileStatus status) && status.Kind == FileKind.Socket)
        {
            warn($"{path}: not copied, a socket has no content.");
            return;
        }

        await writer.WriteEntryAsync(path, name, cancellationToken);
        if (kind.HasFlag(FileAttributes.Directory) && !isLink)
        {
            await WriteChildrenAsync(writer, path, name + "/", cancellationToken);
        }
        else if (!isLink)
        {
            Bytes += new FileInfo(path).Length;
        }
    }

    private async Task WriteChildrenAsync(TarWriter writer, string path, string prefix, CancellationToken cancellationToken)
    {
        foreach (string child in Directory.EnumerateFileSystemEntries(path).Order(StringComparer.Ordinal))
        {
            await WriteTreeAsync(writer, child, prefix + Path.GetFileName(child), cancellationToken);
        }
    }
}

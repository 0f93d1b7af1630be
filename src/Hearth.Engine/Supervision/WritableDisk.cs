using System.Globalization;
using Hearth.Core.Errors;
using Hearth.Core.Storage;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;

namespace Hearth.Engine.Supervision;

/// <summary>
/// The per-VM writable disk: an empty ext4 of the wanted size, made once per size by mke2fs and copied for each VM (reflink
/// where the file system has it, else its few hundred KiB that are not holes).
/// </summary>
internal static class WritableDisk
{
    public static async Task EnsureAsync(HearthPaths paths, string destination, long sizeBytes, CancellationToken cancellationToken)
    {
        if (File.Exists(destination))
        {
            return;
        }

        string template = Path.Combine(paths.DiskTemplates, $"ext4-v2-{sizeBytes.ToString(CultureInfo.InvariantCulture)}.img");
        string beside = $"{destination}.{Guid.NewGuid():N}";
        try
        {
            if (!File.Exists(template))
            {
                await MakeTemplateAsync(paths, template, sizeBytes, cancellationToken);
            }

            await ToolProcess.RunAsync(new ToolCommand("cp", ["--reflink=auto", "--sparse=auto", template, beside]), new ToolStreams(), cancellationToken);
            File.SetUnixFileMode(beside, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.Move(beside, destination);
        }
        catch (Exception e) when (e is IOException or ToolFailedException)
        {
            File.Delete(beside);
            throw new HearthException(
                "disk.failed",
                $"The writable disk of the VM cannot be made: {e.Message}",
                $"Check the space of the file system that holds {paths.Home} ('hearth prune' removes stopped VMs).",
                inner: e);
        }
    }

    private static async Task MakeTemplateAsync(HearthPaths paths, string template, long sizeBytes, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(paths.DiskTemplates);
        using FileLock turn = await FileLock.AcquireAsync(Path.Combine(paths.Locks, "disk-templates"), cancellationToken);
        if (File.Exists(template))
        {
            return;
        }

        string beside = $"{template}.{Guid.NewGuid():N}";
        try
        {
            using (FileStream file = new(beside, FileMode.CreateNew, FileAccess.Write))
            {
                file.SetLength(sizeBytes);
            }

            // A 4 MiB journal is enough for one VM and keeps the copy small. uninit_bg is what lets inode tables stay holes: without
            // it mke2fs wrote 160 MB of zeros, which every copy read and wrote again.
            await ToolProcess.RunAsync(
                new ToolCommand(
                    "mke2fs",
                    ["-q", "-F", "-t", "ext4", "-m", "0", "-J", "size=4", "-O", "^resize_inode,^metadata_csum,uninit_bg", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard,root_owner=0:0", beside])
                { Package = "e2fsprogs" },
                new ToolStreams(),
                cancellationToken);
            File.Move(beside, template);
        }
        finally
        {
            File.Delete(beside);
        }
    }
}

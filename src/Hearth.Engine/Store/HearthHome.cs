using System.Globalization;
using Hearth.Core.Errors;
using Hearth.Core.Storage;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;

namespace Hearth.Engine.Store;

/// <summary>An opened <c>$HEARTH_HOME</c>: its directories exist, 0700, and its layout is one that this program knows.</summary>
public sealed class HearthHome
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private HearthHome(HearthPaths paths)
    {
        Paths = paths;
        Vms = new VmStore(paths);
    }

    public HearthPaths Paths { get; }

    public VmStore Vms { get; }

    /// <exception cref="HearthException"><c>store.newer</c>, <c>store.denied</c>.</exception>
    public static HearthHome Open(HearthPaths paths)
    {
        try
        {
            foreach (string directory in (string[])[paths.Home, paths.Vms, paths.Names, paths.Locks, paths.Staging, paths.Templates, paths.Snapshots, paths.Pools, paths.Spares])
            {
                Directory.CreateDirectory(directory, OwnerOnly);
            }

            CheckOwner(paths);
            CheckVersion(paths);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HearthException(
                "store.denied", $"Cannot use {paths.Home}: {e.Message}", "Set HEARTH_HOME to a directory that you can write to.", inner: e);
        }

        return new HearthHome(paths);
    }

    /// <summary>A home that somebody else owns or may write to would give them the VMs in it.</summary>
    private static void CheckOwner(HearthPaths paths)
    {
        const UnixFileMode Foreign = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        bool known = FileStatus.TryRead(paths.Home, follow: true, out FileStatus status);
        if (known && (status.User != ProcessTable.EffectiveUser || ((UnixFileMode)status.Permissions & Foreign) != 0))
        {
            throw new HearthException(
                "store.foreign",
                $"{paths.Home} belongs to user {status.User} with mode {Convert.ToString(status.Permissions, 8)}: it has to be yours, and writable by nobody else.",
                $"'chmod go-w {paths.Home}' when it is yours, or set HEARTH_HOME to another directory.");
        }
    }

    private static void CheckVersion(HearthPaths paths)
    {
        if (!File.Exists(paths.VersionFile))
        {
            AtomicFile.Write(paths.VersionFile, "1\n"u8);
            return;
        }

        string text = File.ReadAllText(paths.VersionFile).Trim();
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int version) || version > HearthPaths.LayoutVersion)
        {
            throw new HearthException(
                "store.newer",
                $"{paths.Home} has layout version '{text}'; this hearth knows up to {HearthPaths.LayoutVersion}.",
                "Use the newer hearth that made it, or set HEARTH_HOME to another directory.");
        }
    }
}

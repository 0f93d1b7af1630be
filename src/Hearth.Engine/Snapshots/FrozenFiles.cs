using Microsoft.Win32.SafeHandles;

namespace Hearth.Engine.Snapshots;

/// <summary>The files of a frozen guest that is being made.</summary>
internal static class FrozenFiles
{
    /// <summary>Waits until everything but the manifest is on the disk.</summary>
    public static void Sync(FrozenState state)
    {
        foreach (string file in Directory.EnumerateFiles(state.Directory))
        {
            using SafeFileHandle handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            RandomAccess.FlushToDisk(handle);
        }
    }
}

using Microsoft.Win32.SafeHandles;

namespace Hearth.Engine.Snapshots;

/// <summary>The files of a frozen guest that is being made.</summary>
internal static class FrozenFiles
{
    /// <summary>Waits until everything but the manifest is on the disk.</summary>
    /// <param name="state">The frozen guest.</param>
    /// <param name="onDisk">Names of files that were frozen before, and are on the disk.</param>
    public static void Sync(FrozenState state, params IEnumerable<string> onDisk)
    {
        foreach (string file in Directory.EnumerateFiles(state.Directory).ExceptBy(onDisk, static f => Path.GetFileName(f)))
        {
            using SafeFileHandle handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            RandomAccess.FlushToDisk(handle);
        }
    }
}

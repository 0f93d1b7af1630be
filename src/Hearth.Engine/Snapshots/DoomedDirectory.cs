namespace Hearth.Engine.Snapshots;

/// <summary>Directories that vanish whole: renamed into staging first, so that nobody sees half of one.</summary>
internal static class DoomedDirectory
{
    /// <summary>False when there was no such directory.</summary>
    public static bool Remove(string directory, string staging)
    {
        string doomed = Path.Combine(staging, $"removed-{Path.GetFileName(directory)}-{Guid.NewGuid():N}");
        try
        {
            Directory.Move(directory, doomed);
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }

        Directory.Delete(doomed, recursive: true);
        return true;
    }
}

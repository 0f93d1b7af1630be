using System.Diagnostics;

namespace Hearth.Images.Tests.Transport;

/// <summary>
/// Removes what podman's store (containers-storage) is in. It keeps images' files with their modes and owners: an ordinary user has directories there that
/// are not writable, and files of subordinate users (subuid(5)), which only root of a user namespace with those may remove.
/// </summary>
internal static class PodmanStore
{
    private const string Script = "chmod -R u+rwX \"$1\" 2>/dev/null; rm -rf \"$1\" 2>/dev/null || unshare --map-root-user --map-auto rm -rf \"$1\"";

    public static void Remove(string directory)
    {
        using Process remove = Process.Start("sh", ["-c", Script, "sh", directory]);
        remove.WaitForExit();
        Directory.Exists(directory).ShouldBeFalse(directory);
    }
}

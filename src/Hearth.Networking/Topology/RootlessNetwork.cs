using Hearth.Core.Specs;
using Hearth.Linux.Processes;

namespace Hearth.Networking.Topology;

/// <summary>The network that a VM gets when nothing is said about one.</summary>
public static class RootlessNetwork
{
    private const string Device = "/dev/net/tun";

    /// <summary>Null: this host does not allow one; <see cref="Obstacle"/> says why.</summary>
    public static NetworkSpec? Default => Obstacle() is null ? new NetworkSpec() : null;

    /// <summary>What keeps this user from a rootless network, as the end of a sentence with its cure; null for nothing.</summary>
    public static string? Obstacle() =>
        ToolProcess.Find(Pasta.Program) is null ? "pasta is not installed (package passt)"
        : !MayOpen() ? $"{Device} cannot be opened (as root: modprobe tun, chmod 0666 {Device})"
        : Reads("/proc/sys/user/max_user_namespaces", "0") ? "user namespaces are switched off (sysctl user.max_user_namespaces)"
        : !ProcessTable.IsRoot && Reads("/proc/sys/kernel/unprivileged_userns_clone", "0") ? "user namespaces are forbidden (sysctl kernel.unprivileged_userns_clone)"
        : null;

    /// <summary>Opening it makes no interface.</summary>
    private static bool MayOpen()
    {
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle device = Linux.Files.Descriptors.OpenReadWrite(Device);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static bool Reads(string path, string value)
    {
        try
        {
            return File.ReadAllText(path).Trim() == value;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

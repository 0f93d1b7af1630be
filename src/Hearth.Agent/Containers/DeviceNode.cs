using Hearth.Linux.Files;

namespace Hearth.Agent.Containers;

/// <summary>A device file.</summary>
/// <param name="Path">In the container.</param>
/// <param name="Mode">Type and permissions (st_mode).</param>
/// <param name="Major">Of the device.</param>
/// <param name="Minor">Of the device.</param>
internal readonly record struct DeviceNode(string Path, int Mode, uint Major, uint Minor)
{
    /// <summary>Ports to the host are the agent's, in whatever container.</summary>
    private const string LinkPortPrefix = "/dev/vport";

    private const int CharacterForAll = 0x2000 | 0x1b6; // S_IFCHR, rw for everybody

    /// <summary>Documentation/admin-guide/devices.txt; the set of the OCI runtime specification.</summary>
    public static IReadOnlyList<DeviceNode> Default { get; } =
    [
        new("/dev/null", CharacterForAll, 1, 3),
        new("/dev/zero", CharacterForAll, 1, 5),
        new("/dev/full", CharacterForAll, 1, 7),
        new("/dev/random", CharacterForAll, 1, 8),
        new("/dev/urandom", CharacterForAll, 1, 9),
        new("/dev/tty", CharacterForAll, 5, 0),
    ];

    /// <summary>Every device of the guest, for a privileged container; terminals, shared memory and the ports to the host are not among them.</summary>
    public static IReadOnlyList<DeviceNode> OfGuest()
    {
        List<DeviceNode> nodes = [];
        foreach (string path in Directory.EnumerateFileSystemEntries("/dev", "*", SearchOption.AllDirectories))
        {
            if (path != "/dev/ptmx" && !path.StartsWith(LinkPortPrefix, StringComparison.Ordinal) && FileStatus.TryRead(path, follow: false, out FileStatus status) && status.Kind is FileKind.Character or FileKind.Block)
            {
                nodes.Add(new DeviceNode(path, status.Mode, status.DeviceMajor, status.DeviceMinor));
            }
        }

        return nodes;
    }
}

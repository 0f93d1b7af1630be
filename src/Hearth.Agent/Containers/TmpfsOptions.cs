using Hearth.Linux.ChildPrograms;

namespace Hearth.Agent.Containers;

/// <summary>Options of <c>--tmpfs</c>: words that are flags of mount(2) and the rest, which is tmpfs' own. Docker's defaults come first.</summary>
internal static class TmpfsOptions
{
    private const MountFlags Default = MountFlags.NoSetUserId | MountFlags.NoDevices | MountFlags.NoExecute;

    public static (MountFlags Flags, string Data) Parse(string options)
    {
        MountFlags flags = Default;
        List<string> data = [];
        foreach (string option in options.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            switch (option)
            {
                case "ro": flags |= MountFlags.ReadOnly; break;
                case "rw": flags &= ~MountFlags.ReadOnly; break;
                case "nosuid": flags |= MountFlags.NoSetUserId; break;
                case "suid": flags &= ~MountFlags.NoSetUserId; break;
                case "nodev": flags |= MountFlags.NoDevices; break;
                case "dev": flags &= ~MountFlags.NoDevices; break;
                case "noexec": flags |= MountFlags.NoExecute; break;
                case "exec": flags &= ~MountFlags.NoExecute; break;
                case "noatime": flags |= MountFlags.NoAccessTime; break;
                case "sync": flags |= MountFlags.Synchronous; break;
                default: data.Add(option); break;
            }
        }

        return (flags, string.Join(',', data));
    }
}

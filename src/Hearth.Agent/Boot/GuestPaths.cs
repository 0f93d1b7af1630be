namespace Hearth.Agent.Boot;

/// <summary>Where things are in the guest, outside of the container.</summary>
internal static class GuestPaths
{
    public const string Run = "/run/hearth";

    /// <summary>The image, read-only.</summary>
    public const string Image = $"{Run}/image";

    /// <summary>The writable disk.</summary>
    public const string Disk = $"{Run}/disk";

    /// <summary>The overlay of both: the container's root.</summary>
    public const string ContainerRoot = $"{Run}/root";

    /// <summary>The container's devpts instance, which the agent opens terminals in.</summary>
    public const string Terminals = $"{Run}/pts";

    /// <summary>Files that are mounted over the container's own.</summary>
    public const string Files = $"{Run}/etc";

    /// <summary>Where shares are mounted until a container has them.</summary>
    public const string Shares = $"{Run}/shares";

    public const string Cgroups = "/sys/fs/cgroup";

    public const string ContainerCgroup = $"{Cgroups}/container";

    public const string ImageDevice = "/dev/vda";

    public const string DiskDevice = "/dev/vdb";

    public const string Modules = "/lib/hearth/modules";

    public const string ModuleList = "/lib/hearth/modules.list";

    public const string Init = "/sbin/tini";
}

namespace Hearth.Core.Storage;

/// <summary>Where everything lives below <c>$HEARTH_HOME</c>. Names only: nothing here touches the file system.</summary>
public sealed record HearthPaths(string Home)
{
    /// <summary>The version of the layout below <see cref="Home"/>, written in <see cref="VersionFile"/>; a newer one is refused.</summary>
    public const int LayoutVersion = 1;

    public string VersionFile => Path.Combine(Home, "version");

    public string Blobs => Path.Combine(Home, "blobs", "sha256");

    /// <summary>One directory per image id: <c>config.json</c>, <c>root.&lt;fs&gt;</c>.</summary>
    public string Images => Path.Combine(Home, "images");

    /// <summary>The names of images: one JSON file.</summary>
    public string ImageNames => Path.Combine(Home, "image-names.json");

    public string Kernels => Path.Combine(Home, "kernels");

    /// <summary>Empty writable disks by size, copied for each new VM.</summary>
    public string DiskTemplates => Path.Combine(Home, "disk-templates");

    /// <summary>Frozen guests that runs start from: a directory per key.</summary>
    public string Templates => Path.Combine(Home, "templates");

    /// <summary>Frozen VMs that users named: a directory per name.</summary>
    public string Snapshots => Path.Combine(Home, "snapshots");

    /// <summary>What users want to have ready: a JSON file per image.</summary>
    public string Pools => Path.Combine(Home, "pools");

    /// <summary>VMs that stand ready for a run: a JSON file each, by id; their files are where a VM's are.</summary>
    public string Spares => Path.Combine(Home, "spares");

    /// <summary>Networks that users made: a directory per name with <c>network.json</c>, <c>leases/</c>, <c>sockets/</c>.</summary>
    public string Networks => Path.Combine(Home, "networks");

    public string Vms => Path.Combine(Home, "vms");

    public string Names => Path.Combine(Home, "names");

    public string Locks => Path.Combine(Home, "locks");

    /// <summary>Half-made things; whatever is found here without a live owner is removed.</summary>
    public string Staging => Path.Combine(Home, "staging");

    /// <summary>Rules of what VMs may reach, written by users: <c>NAME.rules</c> for <c>@NAME</c>.</summary>
    public string EgressPresets => Path.Combine(Home, "egress");

    public string EventLog => Path.Combine(Home, "events.jsonl");

    public string Vm(string id) => Path.Combine(Vms, id);

    /// <summary>
    /// <c>$HEARTH_HOME</c>, else <c>/var/lib/hearth</c> for root, else <c>$XDG_DATA_HOME/hearth</c>, else <c>~/.local/share/hearth</c>.
    /// </summary>
    public static HearthPaths FromEnvironment(Func<string, string?> variable, bool isRoot)
    {
        string? home = variable("HEARTH_HOME");
        if (!string.IsNullOrEmpty(home))
        {
            return new HearthPaths(Path.GetFullPath(home));
        }

        if (isRoot)
        {
            return new HearthPaths("/var/lib/hearth");
        }

        string? data = variable("XDG_DATA_HOME");
        return new HearthPaths(!string.IsNullOrEmpty(data)
            ? Path.Combine(data, "hearth")
            : Path.Combine(variable("HOME") is { Length: > 0 } userHome ? userHome : "/tmp", ".local", "share", "hearth"));
    }
}

using Hearth.Linux.Processes;

namespace Hearth.Linux.Cgroups;

/// <summary>A tree of control groups: the one of v2, or that of a v1 controller.</summary>
/// <param name="Top">The group that this process may make groups in.</param>
/// <param name="Unified">It is the v2 tree.</param>
/// <param name="Controllers">What it can limit.</param>
internal sealed record CgroupHierarchy(string Top, bool Unified, IReadOnlyList<string> Controllers)
{
    private static readonly string[] s_v1Controllers = ["memory", "cpu", "pids", "freezer"];

    private static readonly string[] s_limiting = ["memory", "cpu", "pids"];

    /// <summary>Under this are the groups of all VMs.</summary>
    public string Parent => Path.Combine(Top, "hearth");

    /// <summary>The trees that a host has: v2 alone, v1, or both with each controller in one of them.</summary>
    public static IReadOnlyList<CgroupHierarchy> Find(string root)
    {
        if (ReadControllers(root) is { } all)
        {
            return [new CgroupHierarchy(Path.Combine(root, OwnV2Group()), true, all)];
        }

        List<CgroupHierarchy> found = [.. s_v1Controllers.Where(c => Directory.Exists(Path.Combine(root, c))).Select(c => new CgroupHierarchy(Path.Combine(root, c), false, [c]))];
        string unified = Path.Combine(root, "unified");
        if (ReadControllers(unified) is { } rest && rest.Intersect(s_limiting).Any())
        {
            found.Add(new CgroupHierarchy(Path.Combine(unified, OwnV2Group()), true, rest));
        }

        return found;
    }

    /// <summary>Lets the groups below <see cref="Parent"/> use a controller (v2: cgroup.subtree_control of all above them).</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">The group is not ours.</exception>
    public void Enable(string controller)
    {
        if (!Unified)
        {
            return;
        }

        foreach (string group in (string[])[Top, Parent])
        {
            string file = Path.Combine(group, "cgroup.subtree_control");
            if (!File.ReadAllText(file).Split((char[])[' ', '\n']).Contains(controller))
            {
                CgroupScope.Write(file, "+" + controller);
            }
        }
    }

    private static string[]? ReadControllers(string directory)
    {
        string file = Path.Combine(directory, "cgroup.controllers");
        return File.Exists(file) ? File.ReadAllText(file).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries) : null;
    }

    /// <summary>Root may use the top of the tree; a user, what systemd delegated to the session.</summary>
    private static string OwnV2Group()
    {
        if (ProcessTable.IsRoot)
        {
            return "";
        }

        string? line = File.ReadLines("/proc/self/cgroup").FirstOrDefault(l => l.StartsWith("0::", StringComparison.Ordinal));
        return line is null ? "" : Path.GetDirectoryName(line[3..])?.TrimStart('/') ?? "";
    }
}

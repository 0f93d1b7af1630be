using System.Globalization;
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

    /// <summary>
    /// What the groups above the VMs' leave of their <c>memory.max</c>, in bytes; <see cref="long.MaxValue"/> without a bound, and where memory is not
    /// of the v2 tree. Pages of files count as used there (memory.current) and can be had: they are added again.
    /// </summary>
    internal static long MemoryRoom(string root)
    {
        long least = long.MaxValue;
        if (Find(root) is [{ Unified: true } tree, ..])
        {
            string end = Path.TrimEndingDirectorySeparator(root);
            for (string? group = Path.TrimEndingDirectorySeparator(tree.Top); group is not null && group.StartsWith(end, StringComparison.Ordinal); group = Path.GetDirectoryName(group))
            {
                least = Math.Min(least, RoomOf(group));
            }
        }

        return least;
    }

    /// <summary>The top of the host's own tree has no such files, and "max" is no bound.</summary>
    private static long RoomOf(string group)
    {
        try
        {
            if (!TryNumber(File.ReadAllText(Path.Combine(group, "memory.max")), out long most) || !TryNumber(File.ReadAllText(Path.Combine(group, "memory.current")), out long used))
            {
                return long.MaxValue;
            }

            long files = File.ReadLines(Path.Combine(group, "memory.stat")).Select(static line => line.Split(' '))
                .Sum(static word => word is ["inactive_file" or "active_file", var bytes] && TryNumber(bytes, out long value) ? value : 0);
            return Math.Max(0, most - used + Math.Min(files, used));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return long.MaxValue;
        }
    }

    private static bool TryNumber(string text, out long value) => long.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out value);

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

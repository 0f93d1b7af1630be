using Hearth.Core.Specs;

namespace Hearth.Linux.Cgroups;

/// <summary>
/// A cgroup of one VMM: under <c>hearth/</c> in the v2 tree, or in each useful v1 hierarchy where that is what the host has
/// (cgroups(7)). Made when we may; a host that does not let us runs the VMM where its supervisor is.
/// </summary>
public sealed class CgroupScope : IDisposable
{
    private static readonly string[] s_v1Controllers = ["memory", "cpu", "pids", "freezer"];

    private readonly List<string> _directories;

    private CgroupScope(List<string> directories) => _directories = directories;

    /// <summary>The directories, for the record in state and removal by a later process.</summary>
    public IReadOnlyList<string> Directories => _directories;

    /// <summary>Makes the group and puts a process with all its threads into it; null when the host does not allow it.</summary>
    public static CgroupScope? TryCreate(string name, ProcessIdentity process, string root = "/sys/fs/cgroup")
    {
        List<string> made = [];
        foreach (string parent in Parents(root))
        {
            string directory = Path.Combine(parent, name);
            try
            {
                Directory.CreateDirectory(directory);
                File.WriteAllText(Path.Combine(directory, "cgroup.procs"), process.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture));
                made.Add(directory);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                TryRemove(directory);
            }
        }

        return made.Count > 0 ? new CgroupScope(made) : null;
    }

    /// <summary>Removes a group that has no processes any more; one that still has them stays.</summary>
    public static void TryRemove(string directory)
    {
        try
        {
            Directory.Delete(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not there, or not ours to remove.
        }
    }

    /// <summary>The processes of a group; none when it is gone.</summary>
    public static IReadOnlyList<int> Members(string directory)
    {
        try
        {
            return [.. File.ReadLines(Path.Combine(directory, "cgroup.procs")).Select(static l => int.Parse(l, System.Globalization.CultureInfo.InvariantCulture))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    public void Dispose()
    {
        foreach (string directory in _directories)
        {
            TryRemove(directory);
        }
    }

    private static IEnumerable<string> Parents(string root)
    {
        if (File.Exists(Path.Combine(root, "cgroup.controllers")))
        {
            return [Path.Combine(root, OwnV2Group(), "hearth")];
        }

        return s_v1Controllers.Select(c => Path.Combine(root, c)).Where(Directory.Exists).Select(d => Path.Combine(d, "hearth"));
    }

    /// <summary>Root may use the top of the tree; a user, what systemd delegated to the session.</summary>
    private static string OwnV2Group()
    {
        if (Processes.ProcessTable.IsRoot)
        {
            return "";
        }

        string? line = File.ReadLines("/proc/self/cgroup").FirstOrDefault(l => l.StartsWith("0::", StringComparison.Ordinal));
        return line is null ? "" : Path.GetDirectoryName(line[3..])?.TrimStart('/') ?? "";
    }
}

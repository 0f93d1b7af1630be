using System.Globalization;
using System.Text;
using Hearth.Core.Errors;
using Hearth.Core.Specs;

namespace Hearth.Linux.Cgroups;

/// <summary>
/// A cgroup of one VMM: under <c>hearth/</c> in the v2 tree, or in each useful v1 hierarchy where that is what the host has
/// (cgroups(7)). Without limits it is made when we may; a host that does not let us runs the VMM where its supervisor is.
/// With limits it is made before the VMM, or there is no VMM.
/// </summary>
public sealed class CgroupScope : IDisposable
{
    /// <summary>Where hosts mount control groups.</summary>
    public const string DefaultRoot = "/sys/fs/cgroup";

    private readonly List<string> _directories;

    private CgroupScope(List<string> directories) => _directories = directories;

    /// <summary>The directories, for the record in state and removal by a later process.</summary>
    public IReadOnlyList<string> Directories => _directories;

    /// <summary>Makes the group and puts a process with all its threads into it; null when the host does not allow it.</summary>
    public static CgroupScope? TryCreate(string name, ProcessIdentity process, string root = DefaultRoot)
    {
        List<string> made = [];
        foreach (CgroupHierarchy hierarchy in CgroupHierarchy.Find(root))
        {
            string directory = Path.Combine(hierarchy.Parent, name);
            try
            {
                Directory.CreateDirectory(directory);
                Join(directory, process);
                made.Add(directory);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                TryRemove(directory);
            }
        }

        return made.Count > 0 ? new CgroupScope(made) : null;
    }

    /// <summary>Makes the group with limits and nothing in it yet.</summary>
    /// <exception cref="HearthException"><c>limits.unavailable</c>: the host cannot apply one; nothing stays.</exception>
    public static CgroupScope Create(string name, VmLimits limits, string root = DefaultRoot)
    {
        IReadOnlyList<CgroupHierarchy> hierarchies = CgroupHierarchy.Find(root);
        CgroupScope scope = new([]);
        try
        {
            foreach (CgroupSetting setting in CgroupSetting.Of(limits))
            {
                CgroupHierarchy hierarchy = hierarchies.FirstOrDefault(h => h.Controllers.Contains(setting.Controller))
                    ?? throw Unavailable(setting, $"the host has no '{setting.Controller}' controller below {root}", null);
                scope.Apply(setting, hierarchy, name);
            }

            return scope;
        }
        catch
        {
            scope.Dispose();
            throw;
        }
    }

    /// <summary>Finds out whether limits can be applied, before time is spent on a VM that cannot have them.</summary>
    /// <exception cref="HearthException"><c>limits.unavailable</c>.</exception>
    public static void RequireApplicable(VmLimits limits, string root = DefaultRoot) =>
        Create($"check-{Guid.NewGuid():N}", limits, root).Dispose();

    /// <summary>Puts a process with all its threads into the group.</summary>
    /// <exception cref="HearthException"><c>limits.unavailable</c>.</exception>
    public void Add(ProcessIdentity process)
    {
        foreach (string directory in _directories)
        {
            try
            {
                Join(directory, process);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new HearthException("limits.unavailable", $"The VM's limits cannot be applied: {directory} takes no process: {e.Message}", Cure("the limits"), inner: e);
            }
        }
    }

    /// <summary>Where groups of that name are now; nobody has to have written that down.</summary>
    public static IReadOnlyList<string> Find(string name, string root = DefaultRoot) =>
        [.. CgroupHierarchy.Find(root).Select(hierarchy => Path.Combine(hierarchy.Parent, name)).Where(Directory.Exists)];

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
            return [.. File.ReadLines(Path.Combine(directory, "cgroup.procs")).Select(static l => int.Parse(l, CultureInfo.InvariantCulture))];
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

    /// <summary>Writes to a file that the kernel made; never makes one.</summary>
    internal static void Write(string file, string value)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        stream.Write(Encoding.ASCII.GetBytes(value));
    }

    private void Apply(CgroupSetting setting, CgroupHierarchy hierarchy, string name)
    {
        string directory = Path.Combine(hierarchy.Parent, name);
        try
        {
            if (!_directories.Contains(directory))
            {
                // What a VMM that was killed left behind has the limits of that time.
                TryRemove(directory);
                Directory.CreateDirectory(directory);
                _directories.Add(directory);
            }

            hierarchy.Enable(setting.Controller);
            foreach ((string file, string value) in setting.For(hierarchy.Unified))
            {
                Write(Path.Combine(directory, file), value);
            }
        }
        catch (FileNotFoundException e) when (setting.Option == "--no-swap")
        {
            throw new HearthException(
                "limits.unavailable", $"--no-swap cannot be applied: the kernel does not count swap by group ({e.FileName} is missing).", "Boot the host with swapaccount=1, switch its swap off (swapoff -a), or leave --no-swap out.", inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(setting, e.Message, e);
        }
    }

    private static void Join(string directory, ProcessIdentity process) => Write(Path.Combine(directory, "cgroup.procs"), process.Pid.ToString(CultureInfo.InvariantCulture));

    private static HearthException Unavailable(CgroupSetting setting, string cause, Exception? inner) =>
        new("limits.unavailable", $"{setting.Option} cannot be applied: {cause.TrimEnd('.')}.", Cure(setting.Option), inner: inner);

    private static string Cure(string what) => Processes.ProcessTable.IsRoot
        ? $"Mount control groups with the controllers memory, cpu and pids, or leave {what} out."
        : $"Run it as root, have systemd delegate the controllers to you (Delegate=memory cpu pids of user@.service), or leave {what} out.";
}

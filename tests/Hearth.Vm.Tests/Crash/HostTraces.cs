using System.Diagnostics;
using System.Text.Json;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Crash;

/// <summary>What a VM has on the host: processes by command line, cgroup directories, its control socket.</summary>
internal static class HostTraces
{
    /// <summary>Ids of the processes whose command line names <paramref name="text"/>: supervisor and VMM carry the VM's id.</summary>
    public static IReadOnlyList<int> Processes(string text)
    {
        List<int> found = [];
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), out int id) && id != Environment.ProcessId && Read(directory, "cmdline").Contains(text, StringComparison.Ordinal))
            {
                found.Add(id);
            }
        }

        return found;
    }

    /// <summary>Waits until the supervisors and doorkeepers of this run's home have ended. A VM that is gone is on no list: they are known by their environment.</summary>
    public static async Task NoOwnerAsync()
    {
        foreach (int process in Owners())
        {
            await EndAsync(process);
        }

        Owners().ShouldBeEmpty();
    }

    private static IReadOnlyList<int> Owners() =>
        [.. Processes("\0supervisor\0").Concat(Processes("\0doorkeeper\0")).Where(static id => Read($"/proc/{id}", "environ").Split('\0').Contains($"HEARTH_HOME={TestRun.Current.Home}"))];

    /// <summary>The VMM's process id as the state says, once it is there.</summary>
    public static int ProcessId(string vm, string role)
    {
        using JsonDocument state = JsonDocument.Parse(File.ReadAllText(Path.Combine(DirectoryOf(vm), "state.json")));
        return state.RootElement.GetProperty(role).GetProperty("pid").GetInt32();
    }

    public static string IdOf(string name) => File.ReadAllText(Path.Combine(TestRun.Current.Home, "names", name)).Trim();

    public static string DirectoryOf(string name) => Path.Combine(TestRun.Current.Home, "vms", IdOf(name));

    /// <summary>Waits until every process of <paramref name="id"/> has ended, with the bound of all tests.</summary>
    public static async Task NoProcessAsync(string id)
    {
        foreach (int process in Processes(id))
        {
            await EndAsync(process);
        }

        Processes(id).ShouldBeEmpty();
    }

    public static void Kill(int processId)
    {
        using Process process = Process.GetProcessById(processId);
        process.Kill();
    }

    /// <summary>No process, cgroup or socket of the VM is left on the host.</summary>
    public static async Task NothingAsync(string id)
    {
        await NoProcessAsync(id);
        Cgroups(id).ShouldBeEmpty();
        File.Exists(Path.Combine(TestRun.Current.Home, "vms", id, "control.sock")).ShouldBeFalse("control.sock was left");
    }

    private static string[] Cgroups(string id)
    {
        string[] roots = ["/sys/fs/cgroup", .. Directory.Exists("/sys/fs/cgroup") ? Directory.GetDirectories("/sys/fs/cgroup") : []];
        return [.. roots.Select(root => Path.Combine(root, "hearth", $"vm-{id[..12]}")).Where(Directory.Exists)];
    }

    private static async Task EndAsync(int processId)
    {
        try
        {
            using Process process = Process.GetProcessById(processId);
            await process.WaitForExitAsync().WaitAsync(HearthCommand.Bound);
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }
    }

    private static string Read(string processDirectory, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(processDirectory, file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // It has ended, or is another user's.
        }
    }
}

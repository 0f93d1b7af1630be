using System.Globalization;
using System.Text;
using Hearth.Core.Errors;
using Hearth.Core.Storage;
using Hearth.Images.Kernels;
using Hearth.Linux.Memory;
using Hearth.Linux.Processes;
using Hearth.Vmm;
using Hearth.Vmm.Qemu;

namespace Hearth.Cli.Listing.Doctor;

/// <summary>Looks at the machine; what it makes to see whether it may is removed at once.</summary>
internal static class DoctorProbe
{
    private const string CgroupRoot = "/sys/fs/cgroup";
    private const int MaxVersionBytes = 64 * 1024;
    private static readonly string[] s_programs = ["skopeo", "tar2sqfs", "mkfs.ext4", "setpriv", "mmdebstrap", "pasta", "nft"];

    public static async Task<DoctorFacts> RunAsync(HearthPaths paths, CancellationToken cancellationToken)
    {
        string? qemu = QemuEngine.FindBinary();
        string tree = CgroupTree();
        string existing = ExistingParent(paths.Home);
        return new DoctorFacts
        {
            Kvm = KvmFacts.Probe(),
            QemuPath = qemu,
            QemuVersion = qemu is null ? null : await QemuVersionAsync(qemu, cancellationToken),
            Programs = s_programs.ToDictionary(static program => program, ToolProcess.Find),
            CgroupTree = tree,
            CgroupWritable = tree != "none" && CreationError(CgroupParent(tree)) is null,
            Home = paths.Home,
            HomeVersion = ReadOrNull(paths.VersionFile)?.Trim(),
            HomeError = CreationError(existing),
            FreeBytes = new DriveInfo(existing).AvailableFreeSpace,
            TunMode = File.Exists("/dev/net/tun") ? "0" + Convert.ToString((int)File.GetUnixFileMode("/dev/net/tun"), 8) : null,
            IsRoot = ProcessTable.IsRoot,
            OpenFiles = Number("/proc/self/limits", "Max open files"),
            Processes = Number("/proc/self/limits", "Max processes"),
            UserNamespaceError = UserNamespaceError(),
            Forwarding = ProcessTable.IsRoot ? await ForwardingProbe.RunAsync(cancellationToken) : null,
            AvailableMemoryBytes = HostMemory.AvailableBytes(),
            Kernels = [.. new KernelStore(paths).List().Select(static kernel => $"{kernel.Name} ({kernel.Release})")],
        };
    }

    /// <summary>What QEMU says of itself; null when it does not run.</summary>
    public static async Task<string?> QemuVersionAsync(string qemu, CancellationToken cancellationToken)
    {
        try
        {
            byte[] said = await ToolProcess.ReadAsync(new ToolCommand(qemu, ["--version"]), MaxVersionBytes, cancellationToken);
            string[] words = Encoding.UTF8.GetString(said).Split([' ', '\n', '('], StringSplitOptions.RemoveEmptyEntries);
            int at = Array.IndexOf(words, "version");
            return at >= 0 && at + 1 < words.Length ? words[at + 1] : null;
        }
        catch (HearthException)
        {
            return null;
        }
    }

    private static string CgroupTree()
    {
        bool hasV1 = Directory.Exists($"{CgroupRoot}/memory") || Directory.Exists($"{CgroupRoot}/cpu");
        return File.Exists($"{CgroupRoot}/cgroup.controllers") ? "v2"
            : !hasV1 ? "none"
            : Directory.Exists($"{CgroupRoot}/unified") ? "hybrid" : "v1";
    }

    private static string CgroupParent(string tree)
    {
        string own = Lines("/proc/self/cgroup").FirstOrDefault(static line => line.StartsWith("0::/", StringComparison.Ordinal)) ?? "0::/";
        return tree != "v2" ? $"{CgroupRoot}/memory" : ProcessTable.IsRoot ? CgroupRoot : Path.Combine(CgroupRoot, own["0::/".Length..]);
    }

    /// <summary>Why a directory cannot be made in another: a mode says little where a tree is mounted read-only.</summary>
    private static string? CreationError(string parent)
    {
        string probe = Path.Combine(parent, $"hearth-doctor-{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(probe);
            Directory.Delete(probe);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e is UnauthorizedAccessException ? "permission denied" : e.Message.TrimEnd('.');
        }
    }

    private static string ExistingParent(string path)
    {
        string at = path;
        while (!Path.Exists(at))
        {
            at = Path.GetDirectoryName(at) ?? "/";
        }

        return at;
    }

    private static string? UserNamespaceError() =>
        ReadOrNull("/proc/sys/user/max_user_namespaces")?.Trim() == "0" ? "user.max_user_namespaces is 0"
        : ReadOrNull("/proc/sys/kernel/unprivileged_userns_clone")?.Trim() == "0" ? "kernel.unprivileged_userns_clone is 0"
        : ReadOrNull("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")?.Trim() == "1" ? "AppArmor restricts them" : null;

    /// <summary>The first number behind a name in a file of lines; null for none ("unlimited").</summary>
    private static long? Number(string path, string name)
    {
        string? line = Lines(path).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        string? word = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : null;
    }

    private static string[] Lines(string path) => (ReadOrNull(path) ?? "").Split('\n');

    private static string? ReadOrNull(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

using System.Globalization;
using System.Text;
using Hearth.Core.Hashing;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;

namespace Hearth.Vmm.Qemu;

/// <summary>
/// Runs QEMU with as little as it can do with: killed with its supervisor, no new privileges and, when that is root, as a user
/// of its own that owns nothing. Done by setpriv(1) between fork and exec; the death signal is set after the change of user,
/// which would clear it (prctl(2), PR_SET_PDEATHSIG).
/// </summary>
internal static class QemuPrivileges
{
    /// <summary>Users 0x70000000 to 0x70ffffff: no distribution assigns them, and no file needs to belong to them.</summary>
    private const uint FirstUser = 0x70000000;

    /// <summary>
    /// The group that may open memory files. QEMU 7.2 opens them for reading and writing, by their path, also to map them
    /// privately; no user is a member of this group.
    /// </summary>
    public const uint MemoryGroup = FirstUser;

    public static IEnumerable<string> SetprivCommand(string vmId, bool useKvm, bool memoryFile)
    {
        List<string> arguments = ["setpriv", "--pdeathsig", "KILL", "--no-new-privs"];
        if (ProcessTable.IsRoot)
        {
            string user = UserOf(vmId).ToString(CultureInfo.InvariantCulture);
            arguments.AddRange(["--reuid", user, "--regid", user, .. GroupArguments(useKvm, memoryFile), "--inh-caps", "-all", "--bounding-set", "-all"]);
        }

        arguments.Add("--");
        return arguments;
    }

    /// <summary>No group at all, but the one that owns /dev/kvm and the one for memory files when these are used.</summary>
    private static IEnumerable<string> GroupArguments(bool useKvm, bool memoryFile)
    {
        List<string> groups = [];
        if (useKvm && FileStatus.TryRead("/dev/kvm", follow: true, out FileStatus kvm))
        {
            groups.Add(kvm.Group.ToString(CultureInfo.InvariantCulture));
        }

        if (memoryFile)
        {
            groups.Add(MemoryGroup.ToString(CultureInfo.InvariantCulture));
        }

        return groups.Count > 0 ? ["--groups", string.Join(',', groups)] : ["--clear-groups"];
    }

    internal static uint UserOf(string vmId) =>
        FirstUser | (uint)(Sha256.HashData(Encoding.ASCII.GetBytes(vmId)).AsSpan() switch { [var a, var b, var c, ..] => (a << 16) | (b << 8) | c, _ => 0 });
}

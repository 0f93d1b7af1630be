using Hearth.Core.Errors;

namespace Hearth.Cli.Run;

/// <summary>Names of capabilities (capabilities(7), up to Linux 5.9).</summary>
internal static class Capabilities
{
    private const string Prefix = "CAP_";

    private static readonly HashSet<string> s_names = new(StringComparer.Ordinal)
    {
        "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH",
        "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN",
        "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "PERFMON", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN", "SYS_BOOT",
        "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM",
    };

    /// <summary><c>ALL</c>, or the name with its prefix: <c>CAP_NET_ADMIN</c>.</summary>
    /// <exception cref="HearthException"><c>capability.unknown</c>.</exception>
    public static string Require(string text)
    {
        string name = text.ToUpperInvariant();
        if (name is "ALL" or "CAP_ALL")
        {
            return "ALL";
        }

        string bare = name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;
        return s_names.Contains(bare)
            ? Prefix + bare
            : throw new HearthException("capability.unknown", $"Unknown capability: {text}", "Use a name from capabilities(7), such as NET_ADMIN, or ALL.");
    }
}

using Hearth.Core.Errors;

namespace Hearth.Agent.Containers;

/// <summary>A set of capabilities (capabilities(7)), one bit each.</summary>
internal readonly record struct CapabilitySet(ulong Bits)
{
    /// <summary>CAP_CHECKPOINT_RESTORE (Linux 5.9).</summary>
    public const int Last = 40;

    private const string Prefix = "CAP_";

    private static readonly string[] s_names =
    [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
        "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT",
        "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE",
        "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
        "PERFMON", "BPF", "CHECKPOINT_RESTORE",
    ];

    public static CapabilitySet All { get; } = new((1UL << (Last + 1)) - 1);

    public static CapabilitySet None { get; }

    /// <summary>The fourteen that Docker gives.</summary>
    public static CapabilitySet Default { get; } = Of(
        "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE",
        "SYS_CHROOT", "KILL", "AUDIT_WRITE");

    /// <summary>
    /// Docker's arithmetic: <c>ALL</c> in either list sets the start; then drops, then adds, so that <c>--cap-drop ALL --cap-add X</c> is X alone.
    /// </summary>
    /// <exception cref="HearthException"><c>capability.unknown</c>.</exception>
    public static CapabilitySet Resolve(IReadOnlyList<string> add, IReadOnlyList<string> drop, bool privileged)
    {
        if (privileged)
        {
            return All;
        }

        bool addAll = add.Any(IsAll);
        bool dropAll = drop.Any(IsAll);
        ulong bits = addAll ? All.Bits : dropAll ? 0 : Default.Bits;
        bits &= ~BitsOf(drop);
        return new CapabilitySet(addAll ? bits : bits | BitsOf(add));
    }

    private static ulong BitsOf(IReadOnlyList<string> names)
    {
        ulong bits = 0;
        foreach (string name in names)
        {
            bits |= IsAll(name) ? 0 : 1UL << Number(name);
        }

        return bits;
    }

    private static CapabilitySet Of(params string[] names) => new(BitsOf(names));

    private static bool IsAll(string name) =>
        name.Equals("ALL", StringComparison.OrdinalIgnoreCase) || name.Equals("CAP_ALL", StringComparison.OrdinalIgnoreCase);

    private static int Number(string name)
    {
        string bare = name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? name[Prefix.Length..] : name;
        int number = Array.IndexOf(s_names, bare.ToUpperInvariant());
        return number >= 0
            ? number
            : throw new HearthException("capability.unknown", $"There is no capability '{name}'.", "capabilities(7) lists them; the prefix CAP_ may be left out.");
    }
}

using System.Globalization;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Core.Units;
using Hearth.Vmm;

namespace Hearth.Cli.Listing.Doctor;

/// <summary>Judges facts. Pure: every rule can be tested without the machine that breaks it.</summary>
internal static class DoctorChecks
{
    private const long LeastFreeBytes = 512L << 20;
    private const long GoodFreeBytes = 4L << 30;
    private const long LeastMemoryBytes = 384L << 20;
    private const long GoodOpenFiles = 1024;
    private const long GoodProcesses = 256;

    public static IReadOnlyList<DoctorCheck> All(DoctorFacts facts) =>
    [
        Accelerator(facts),
        Qemu(facts),
        Program(facts, "skopeo", "skopeo", CheckStatus.Warn, "images cannot be pulled from registries"),
        Squashfs(facts),
        Program(facts, "mkfs.ext4", "e2fsprogs", CheckStatus.Fail, "writable disks cannot be made"),
        Program(facts, "setpriv", "util-linux", CheckStatus.Fail, "QEMU cannot be started without privileges"),
        Program(facts, "mmdebstrap", "mmdebstrap", CheckStatus.Warn, "the image @debian cannot be built"),
        Program(facts, "pasta", "passt", CheckStatus.Fail, "VMs run with --network none only"),
        Program(facts, "nft", "nftables", CheckStatus.Warn, "--egress, --allow and --deny cannot be enforced, and such VMs do not start"),
        Kernel(facts),
        Cgroups(facts),
        Home(facts),
        Disk(facts),
        Memory(facts),
        Tun(facts),
        Limits(facts),
        UserNamespaces(facts),
        .. facts.Forwarding is { } forwarding ? (DoctorCheck[])[Forwarding(forwarding), Firewall(forwarding)] : [],
    ];

    public static DoctorCheck Accelerator(DoctorFacts facts)
    {
        AccelDecision decision = AccelDecision.Choose(AccelChoice.Auto, facts.Kvm);
        return decision.UseKvm
            ? new DoctorCheck("accelerator", CheckStatus.Ok, $"KVM: {decision.Reason}")
            : new DoctorCheck("accelerator", CheckStatus.Warn, $"software emulation: {decision.Reason}", facts.Kvm.OpenError switch
            {
                "permission denied" => "Join the group that owns /dev/kvm ('usermod -aG kvm USER') and log in again.",
                null => "Guests work and are slower. --accel kvm tries KVM all the same.",
                _ => "Guests work and are slower. Switch (nested) virtualisation on in the firmware or hypervisor.",
            });
    }

    public static DoctorCheck Qemu(DoctorFacts facts)
    {
        if (facts.QemuPath is null)
        {
            return new DoctorCheck("qemu", CheckStatus.Fail, "qemu-system-x86_64 is not installed", Install("qemu-system-x86"));
        }

        if (!Version.TryParse(facts.QemuVersion, out Version? version))
        {
            return new DoctorCheck("qemu", CheckStatus.Fail, $"{facts.QemuPath} does not say its version", $"Run '{facts.QemuPath} --version' and see why.");
        }

        string found = $"{facts.QemuVersion} at {facts.QemuPath}";
        return version.Major < 7
            ? new DoctorCheck("qemu", CheckStatus.Warn, found, "Versions before 7 are not tested: install a newer one.")
            : new DoctorCheck("qemu", CheckStatus.Ok, found);
    }

    public static DoctorCheck Squashfs(DoctorFacts facts) =>
        facts.Programs.GetValueOrDefault("tar2sqfs") is { } path
            ? new DoctorCheck("squashfs", CheckStatus.Ok, path)
            : new DoctorCheck("squashfs", CheckStatus.Fail, "tar2sqfs is not installed: images cannot be built", Install("squashfs-tools-ng"));

    public static DoctorCheck Kernel(DoctorFacts facts) => facts.Kernels.Count > 0
        ? new DoctorCheck("kernel", CheckStatus.Ok, string.Join(", ", facts.Kernels))
        : new DoctorCheck("kernel", CheckStatus.Warn, "none here yet: the first run fetches one", "Run 'hearth kernel pull' to do it now.");

    public static DoctorCheck Cgroups(DoctorFacts facts)
    {
        if (facts.CgroupWritable)
        {
            return new DoctorCheck("cgroups", CheckStatus.Ok, $"{facts.CgroupTree}, writable");
        }

        (string found, string cure) = facts switch
        {
            { CgroupTree: "none" } => ("no tree is mounted", "Mount cgroup2 on /sys/fs/cgroup."),
            { IsRoot: true } => ($"{facts.CgroupTree}, not writable", "Mount /sys/fs/cgroup writable."),
            _ => ($"{facts.CgroupTree}, not delegated to this user", "Log in through systemd, which delegates a group."),
        };
        return new DoctorCheck("cgroups", CheckStatus.Warn, $"{found}: VMs run without a group of their own", cure);
    }

    public static DoctorCheck Home(DoctorFacts facts)
    {
        const string Elsewhere = "set HEARTH_HOME to another directory.";
        if (facts.HomeError is { } error)
        {
            return new DoctorCheck("home", CheckStatus.Fail, $"{facts.Home}: {error}", $"Make it writable, or {Elsewhere}");
        }

        bool isKnown = int.TryParse(facts.HomeVersion, NumberStyles.None, CultureInfo.InvariantCulture, out int version) && version <= HearthPaths.LayoutVersion;
        return facts.HomeVersion is null
            ? new DoctorCheck("home", CheckStatus.Ok, $"{facts.Home} (not made yet)")
            : isKnown
                ? new DoctorCheck("home", CheckStatus.Ok, $"{facts.Home}, layout {version}")
                : new DoctorCheck(
                    "home",
                    CheckStatus.Fail,
                    $"{facts.Home} has layout '{facts.HomeVersion}'; this hearth knows up to {HearthPaths.LayoutVersion}",
                    $"Use the newer hearth that made it, or {Elsewhere}");
    }

    public static DoctorCheck Disk(DoctorFacts facts)
    {
        string found = $"{new ByteSize(facts.FreeBytes).ToDecimalString()} free at {facts.Home}";
        return facts.FreeBytes >= GoodFreeBytes
            ? new DoctorCheck("disk", CheckStatus.Ok, found)
            : new DoctorCheck("disk", facts.FreeBytes < LeastFreeBytes ? CheckStatus.Fail : CheckStatus.Warn, found, "Free some: 'hearth prune', 'hearth image prune -a'.");
    }

    public static DoctorCheck Memory(DoctorFacts facts)
    {
        string found = $"{new ByteSize(facts.AvailableMemoryBytes)} available";
        return facts.AvailableMemoryBytes < LeastMemoryBytes
            ? new DoctorCheck("memory", CheckStatus.Warn, found, "Stop something, or give VMs less with --memory.")
            : new DoctorCheck("memory", CheckStatus.Ok, found);
    }

    public static DoctorCheck Tun(DoctorFacts facts)
    {
        if (facts.TunMode is not { } mode)
        {
            return new DoctorCheck("tun", CheckStatus.Fail, "there is no /dev/net/tun: VMs run with --network none only", "Run 'modprobe tun'.");
        }

        bool isOpen = facts.IsRoot || mode.EndsWith('6') || mode.EndsWith('7');
        return isOpen
            ? new DoctorCheck("tun", CheckStatus.Ok, $"/dev/net/tun has mode {mode}")
            : new DoctorCheck("tun", CheckStatus.Fail, $"/dev/net/tun has mode {mode}: VMs run with --network none only", "Run 'chmod 0666 /dev/net/tun' as root; distributions ship it so.");
    }

    public static DoctorCheck Limits(DoctorFacts facts)
    {
        string found = $"{Amount(facts.OpenFiles)} open files, {Amount(facts.Processes)} processes";
        return facts.OpenFiles < GoodOpenFiles || facts.Processes < GoodProcesses
            ? new DoctorCheck("limits", CheckStatus.Warn, found, "Raise them in /etc/security/limits.conf or with 'ulimit'.")
            : new DoctorCheck("limits", CheckStatus.Ok, found);
    }

    public static DoctorCheck UserNamespaces(DoctorFacts facts) => facts.UserNamespaceError is { } error
        ? new DoctorCheck("user namespaces", CheckStatus.Fail, $"{error}: VMs run with --network none only", "Ask root to allow them.")
        : new DoctorCheck("user namespaces", CheckStatus.Ok, "allowed");

    public static DoctorCheck Forwarding(ForwardingFacts facts) => facts switch
    {
        { Ipv4: false } => new DoctorCheck("forwarding", CheckStatus.Warn, "net.ipv4.ip_forward is 0: no --network bridged or routed", "Run 'sysctl -w net.ipv4.ip_forward=1', and set it in /etc/sysctl.d."),
        { Ipv6: false } => new DoctorCheck(
            "forwarding",
            CheckStatus.Warn,
            "net.ipv6.conf.all.forwarding is 0: no IPv6 with --network bridged, no --network routed",
            "Run 'sysctl -w net.ipv6.conf.all.forwarding=1'; where the host's address is announced by a router, set accept_ra=2 on its interface first."),
        _ => new DoctorCheck("forwarding", CheckStatus.Ok, "IPv4 and IPv6"),
    };

    public static DoctorCheck Firewall(ForwardingFacts facts) => facts.Droppers.Count == 0
        ? new DoctorCheck("firewall", CheckStatus.Ok, "nobody drops what is forwarded")
        : new DoctorCheck(
            "firewall",
            CheckStatus.Warn,
            $"{string.Join(", ", facts.Droppers)} drops what is forwarded: VMs with --network bridged or routed reach nobody",
            $"Let them pass: {string.Join("; ", facts.Droppers.Select(static chain => chain.Cure))}");

    private static DoctorCheck Program(DoctorFacts facts, string program, string package, CheckStatus whenMissing, string consequence) =>
        facts.Programs.GetValueOrDefault(program) is { } path
            ? new DoctorCheck(program, CheckStatus.Ok, path)
            : new DoctorCheck(program, whenMissing, $"not installed: {consequence}", Install(package));

    private static string Install(string package) => $"Run 'apt-get install {package}'.";

    private static string Amount(long? limit) => limit?.ToString(CultureInfo.InvariantCulture) ?? "unlimited";
}

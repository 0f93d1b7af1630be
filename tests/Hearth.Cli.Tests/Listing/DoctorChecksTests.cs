using Hearth.Cli.Listing.Doctor;
using Hearth.Vmm;

namespace Hearth.Cli.Tests.Listing;

public sealed class DoctorChecksTests
{
    private static readonly DoctorFacts s_well = new()
    {
        Kvm = new KvmFacts(null, "vmx"),
        QemuPath = "/usr/bin/qemu-system-x86_64",
        QemuVersion = "7.2.15",
        Programs = new[] { "skopeo", "tar2sqfs", "mkfs.ext4", "setpriv", "mmdebstrap", "pasta", "nft" }.ToDictionary<string, string, string?>(static p => p, static p => "/usr/bin/" + p),
        CgroupTree = "v2",
        CgroupWritable = true,
        Home = "/home/u/h",
        HomeVersion = "1",
        FreeBytes = 10L << 30,
        TunMode = "0666",
        OpenFiles = 1024,
        AvailableMemoryBytes = 1L << 30,
        Kernels = ["debian (6.1)"],
    };

    [Fact]
    public void A_machine_with_everything_is_well() => DoctorChecks.All(s_well).ShouldAllBe(static check => check.Status == CheckStatus.Ok && check.Cure == "");

    [Fact]
    public void Everything_that_is_not_well_has_a_cure()
    {
        DoctorFacts ill = s_well with
        {
            Kvm = new KvmFacts("there is none", null),
            QemuPath = null,
            Programs = new Dictionary<string, string?>(),
            CgroupTree = "none",
            CgroupWritable = false,
            HomeError = "permission denied",
            FreeBytes = 1,
            TunMode = null,
            OpenFiles = 10,
            AvailableMemoryBytes = 1,
            Kernels = [],
            UserNamespaceError = "no",
        };
        DoctorChecks.All(ill).ShouldAllBe(static check => check.Status != CheckStatus.Ok && check.Cure.Length > 0);
    }

    [Fact]
    public void Kvm_that_opens_without_a_cpu_flag_is_emulation()
    {
        DoctorCheck check = DoctorChecks.Accelerator(s_well with { Kvm = new KvmFacts(null, null) });
        check.Status.ShouldBe(CheckStatus.Warn);
        check.Found.ShouldStartWith("software emulation: /dev/kvm opens, but");
    }

    [Fact]
    public void What_keeps_a_host_from_forwarding_for_vms_is_named_with_a_command()
    {
        ForwardingFacts well = new(true, true, []);

        DoctorChecks.Forwarding(well).Status.ShouldBe(CheckStatus.Ok);
        DoctorChecks.Firewall(well).Status.ShouldBe(CheckStatus.Ok);
        DoctorChecks.Forwarding(well with { Ipv4 = false }).Cure.ShouldContain("sysctl -w net.ipv4.ip_forward=1");
        DoctorChecks.Forwarding(well with { Ipv6 = false }).Found.ShouldStartWith("net.ipv6.conf.all.forwarding is 0");
        DoctorCheck firewall = DoctorChecks.Firewall(well with { Droppers = [new DroppingChain("inet", "filter", "forward"), new DroppingChain(null, "filter", "FORWARD")] });
        firewall.Found.ShouldBe(
            "chain forward of nftables' table inet filter, chain FORWARD of iptables-legacy's table filter drops what is forwarded: VMs with --network bridged or routed reach nobody");
        firewall.Cure.ShouldStartWith("Let them pass: nft insert rule inet filter forward iifname 'hearth-*' accept; nft insert rule inet filter forward oifname 'hearth-*' accept; iptables-legacy -I FORWARD -i hearth-+");
    }

    [Fact]
    public void Chains_that_drop_what_is_forwarded_are_found_in_what_nft_prints() =>
        ForwardingProbe.Parse("""
            {"nftables": [{"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
            {"chain": {"family": "ip", "table": "filter", "name": "FORWARD", "handle": 1, "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}},
            {"chain": {"family": "ip", "table": "filter", "name": "INPUT", "handle": 2, "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}},
            {"chain": {"family": "inet", "table": "hearth_host", "name": "forward", "handle": 3, "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}},
            {"chain": {"family": "inet", "table": "other", "name": "through", "handle": 4, "type": "filter", "hook": "forward", "prio": 0, "policy": "accept"}},
            {"chain": {"family": "inet", "table": "other", "name": "plain", "handle": 5}}]}
            """).ShouldBe([new DroppingChain("ip", "filter", "FORWARD")]);

    [Fact]
    public void A_newer_home_is_a_failure() =>
        DoctorChecks.Home(s_well with { HomeVersion = "2" }).ShouldBe(new DoctorCheck(
            "home", CheckStatus.Fail, "/home/u/h has layout '2'; this hearth knows up to 1",
            "Use the newer hearth that made it, or set HEARTH_HOME to another directory."));

    [Theory]
    [InlineData(false, "0600", false)]
    [InlineData(true, "0600", true)]
    [InlineData(false, "0666", true)]
    public void A_closed_tun_matters_only_without_root(bool isRoot, string mode, bool isWell) =>
        (DoctorChecks.Tun(s_well with { IsRoot = isRoot, TunMode = mode }).Status == CheckStatus.Ok).ShouldBe(isWell);

    [Fact]
    public void Cures_stand_below_their_checks()
    {
        StringWriter writer = new() { NewLine = "\n" };
        DoctorCommand.Write(writer, [new("a", CheckStatus.Ok, "fine"), new("bcd", CheckStatus.Fail, "broken", "Mend it.")]);
        writer.ToString().ShouldBe("OK    a    fine\nFAIL  bcd  broken\n           Mend it.\n");
    }
}

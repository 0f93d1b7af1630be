using Hearth.Vm.Tests.Harness;
using static Hearth.Vm.Tests.Networks.EgressWorld;

namespace Hearth.Vm.Tests.Networks;

/// <summary>VMs whose network leads through the host's kernel.</summary>
public sealed class KernelNetworkTests
{
    private readonly EgressWorld _world = Current;

    [SkippableTheory]
    [InlineData("bridged", "fd48:6561:7274:1:")]
    [InlineData("routed", "2001:db8:1:")]
    public async Task A_vm_has_addresses_of_its_own_and_reaches_the_world(string mode, string prefix)
    {
        await using EgressVm vm = await _world.StartAsync("--network", mode);

        (await vm.GetAsync("http://beside.example/")).ShouldBe($"{Good} beside.example");
        (await vm.GetAsync($"http://[{Good6}]/")).ShouldStartWith($"{Good6} ");
        (await vm.TftpAsync(Good)).ShouldBe("datagrams");
        (await vm.ShellAsync($"ping -c1 -W5 {Good} && ping -c1 -W5 {Good6}")).Succeeded();
        (await vm.ShellAsync("ip -4 -o addr show dev eth0")).Succeeded().Output.ShouldContain("172.30.");
        (await vm.ShellAsync("ip -6 -o addr show dev eth0")).Succeeded().Output.ShouldContain(prefix);
        (await vm.ShellAsync("cat /sys/class/net/eth0/mtu")).Succeeded().Line.ShouldBe("1500");
        (await HearthCommand.RunAsync("inspect", "--format", "{{.NetworkSettings.Mode}} {{.NetworkSettings.IPAddress}}", vm.Name)).Succeeded().Line.ShouldStartWith($"{mode} 172.30.");
    }

    [SkippableFact]
    public async Task A_copy_has_addresses_of_its_own_and_reaches_the_world_with_its_first_command()
    {
        await using EgressVm vm = await _world.StartAsync("--network", "bridged", "-p", "80");
        (await vm.ShellAsync("mkdir -p /w && echo served >/w/index.html && httpd -p 80 -h /w")).Succeeded();
        string name = TestRun.Current.NewName();
        (await _world.RunAsync("fork", vm.Name, "--name", name)).Succeeded();
        await using EgressVm copy = new(name);

        (await copy.GetAsync("http://good.example/")).ShouldBe($"{Good} good.example");
        (await AddressAsync(copy)).ShouldNotBe(await AddressAsync(vm));
        (await vm.GetAsync("http://good.example/")).ShouldBe($"{Good} good.example");
        (await copy.GetAsync($"http://{await AddressAsync(vm)}/")).ShouldBe("", "VMs do not reach each other");
        foreach (EgressVm one in (EgressVm[])[vm, copy])
        {
            (await _world.FetchAsync((await HearthCommand.RunAsync("port", one.Name, "80")).Succeeded().Line)).ShouldBe("served");
        }
    }

    [SkippableFact]
    public async Task A_policy_holds_in_a_bridged_network()
    {
        await using EgressVm vm = await _world.StartAsync("--network", "bridged", "--allow", "good.example", "--allow", $"udp.example:{TftpPort}/udp");

        (await vm.GetAsync("http://good.example/")).ShouldBe($"{Good} good.example");
        (await vm.GetAsync($"http://{Evil}/")).ShouldBe("", "an address that nobody asked for");
        (await vm.TftpAsync(Evil)).ShouldBe("");
        (await vm.TftpAsync("udp.example")).ShouldBe("datagrams");
        (await vm.GetAsync($"http://[{Good6}]/", host: "evil.example")).ShouldBe("");
    }

    [SkippableFact]
    public async Task A_killed_supervisor_leaves_nothing_on_the_host()
    {
        await using EgressVm vm = await _world.StartAsync("--network", "bridged");
        string link = $"hearth-{(await HearthCommand.RunAsync("inspect", "--format", "{{.Id}}", vm.Name)).Succeeded().Line[..8]}";
        (await _world.HostAsync("ip -o link; nft list ruleset")).ShouldContain(link);
        string supervisor = (await HearthCommand.RunAsync("inspect", "--format", "{{.Hearth.SupervisorPid}}", vm.Name)).Succeeded().Line;

        (await HearthCommand.RunProgramAsync("kill", "-9", supervisor)).Succeeded();
        (await _world.RunAsync("ps", "-a")).Succeeded();

        (await _world.HostAsync("nft list ruleset")).ShouldNotContain(link);
        (await _world.RunAsync("start", vm.Name)).Succeeded();
        (await vm.GetAsync("http://good.example/")).ShouldBe($"{Good} good.example");
        (await _world.RunAsync("rm", "-f", vm.Name)).Succeeded();
        (await _world.HostAsync("ip -o link; ip route; nft list ruleset")).ShouldNotContain(link);
    }

    [SkippableTheory]
    [InlineData("--network bridged --host-access", "--network bridged and --host-access exclude each other.\n  Services of this host's loopback are reached from --network rootless; --forward-localhost gives single ports to any network.")]
    [InlineData("--network routed --host-access", "--network routed and --host-access exclude each other.\n  Services of this host's loopback are reached from --network rootless; --forward-localhost")]
    [InlineData("--network bridged --ipv6-prefix 2001:db8::/64", "exclude each other")]
    [InlineData("--network routed --ipv6-prefix 2001:db8::1/64", "not a network of IPv6 addresses")]
    public async Task What_does_not_go_together_is_refused(string options, string said) =>
        (await _world.RunAsync(["run", "--rm", .. options.Split(' '), "@busybox", "true"])).Ended(2).Error.ShouldContain(said);

    private static async Task<string> AddressAsync(EgressVm vm) => (await HearthCommand.RunAsync("inspect", "--format", "{{.NetworkSettings.IPAddress}}", vm.Name)).Succeeded().Line;
}

using Hearth.Vm.Tests.Harness;
using static Hearth.Vm.Tests.Networks.EgressWorld;

namespace Hearth.Vm.Tests.Networks;

/// <summary>What a VM may reach, by a guest that tries what it may not.</summary>
public sealed class EgressTests
{
    private readonly EgressWorld _world = Current;

    [SkippableFact]
    public async Task A_name_is_reached_by_http_and_tls_and_by_nothing_that_only_looks_like_it()
    {
        await using EgressVm vm = await _world.StartAsync("--allow", "good.example");

        (await vm.GetAsync("http://good.example/")).ShouldBe($"{Good} good.example");
        (await vm.GetAsync($"https://good.example/{Good}.txt")).ShouldBe($"{Good} by TLS");
        (await vm.GetAsync($"http://[{Good6}]/", host: "good.example")).ShouldBe($"{Good6} good.example");
        (await vm.GetAsync($"http://{Evil}/", host: "good.example")).ShouldBe($"{Good} good.example", "a name leads where the resolver says");

        (await vm.GetAsync("http://untold.example/")).ShouldBe("");
        (await vm.GetAsync($"http://{Evil}/")).ShouldBe("", "an address that nobody asked for");
        (await vm.GetAsync($"http://{Good}/", host: "beside.example")).ShouldBe("", "another name at the same address");
        (await vm.GetAsync($"https://{Evil}/{Evil}.txt")).ShouldBe("");
        (await vm.GetAsync("http://[2001:db8:1::2]/")).ShouldBe("", "IPv6");
        _world.Asked.ShouldNotContain("untold.example", "a name that is denied is told to nobody");
    }

    [SkippableFact]
    public async Task Private_addresses_metadata_and_the_host_are_closed_also_by_a_name_and_within_a_wide_network()
    {
        await using EgressVm vm = await _world.StartAsync("--allow", "rebind.example", "--allow", "0.0.0.0/0");

        (await vm.GetAsync($"http://{Evil}/")).ShouldBe($"{Evil} {Evil}");
        (await vm.GetAsync("http://rebind.example/")).ShouldBe("");
        foreach (string address in (string[])[Private, Metadata, Host])
        {
            (await vm.GetAsync($"http://{address}/")).ShouldBe("", address);
        }

        await vm.ChangeAsync("allow", Metadata, $"{Private}/32");
        (await vm.GetAsync($"http://{Metadata}/")).ShouldBe($"{Metadata} {Metadata}", "said explicitly");
        (await vm.GetAsync("http://rebind.example/")).ShouldBe($"{Private} rebind.example", "the address is allowed, whatever leads there");
    }

    [SkippableFact]
    public async Task Datagrams_go_where_a_name_was_given_out_and_what_is_dropped_starts_no_pasta()
    {
        await using EgressVm vm = await _world.StartAsync("--allow", $"udp.example:{TftpPort}/udp", "--allow", "good.example");

        (await vm.TftpAsync(Good)).ShouldBe("", "only TCP of this name");
        (await vm.TftpAsync(Evil)).ShouldBe("", "nobody asked for its name");
        (await vm.ShellAsync($"timeout 3 nslookup -type=a good.example {Resolver}")).Output.ShouldNotContain(Good, customMessage: "another resolver");
        (await vm.ChildrenAsync()).ShouldNotContain(static child => child.StartsWith("pas", StringComparison.Ordinal));

        (await vm.TftpAsync("udp.example")).ShouldBe("datagrams");
        (await vm.TftpAsync(Evil)).ShouldBe("datagrams", "its address is open now");
        (await vm.ChildrenAsync()).ShouldContain(static child => child.StartsWith("pas", StringComparison.Ordinal));
        await vm.ChangeAsync("set", "--allow", "good.example");
        (await vm.TftpAsync(Evil)).ShouldBe("");
    }

    [SkippableFact]
    public async Task Under_none_nothing_leaves_no_name_is_told_and_published_ports_are_served()
    {
        await using EgressVm vm = await _world.StartAsync("--egress", "none", "-p", "80", "--health-tcp", "80", "--health-interval", "1s", "--snapshot-when", "never");
        (await vm.ShellAsync("mkdir /w; echo served > /w/index.html; httpd -p 80 -h /w")).Succeeded();
        string port = (await HearthCommand.RunAsync("port", vm.Name, "80")).Succeeded().Line;

        (await vm.GetAsync($"http://{Good}/")).ShouldBe("");
        (await vm.TftpAsync(Good)).ShouldBe("");
        (await vm.ShellAsync("nslookup -type=a none.example")).Output.ShouldContain("NXDOMAIN");
        _world.Asked.ShouldNotContain("none.example");
        (await _world.FetchAsync(port)).ShouldBe("served");
        (await HearthCommand.RunAsync("wait", "--healthy", "--timeout", "1m", vm.Name)).Succeeded();
        (await HearthCommand.RunAsync("inspect", "--format", "{{json .NetworkSettings.Egress}}", vm.Name)).Succeeded().Line.ShouldBe("""{"Mode":"none","Allow":[],"Deny":[]}""");
    }

    [SkippableFact]
    public async Task Rules_of_files_and_denials_hold_and_every_decision_is_told()
    {
        string directory = Directory.CreateDirectory(Path.Combine(TestRun.Current.Home, "egress")).FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "forge.rules"), $"# code\n*.example:80\n{Evil}/32:{EchoPort}\n");
        await using EgressVm vm = await _world.StartAsync("--allow", "@forge", "--deny", "evil.example");

        (await vm.GetAsync("http://good.example/")).ShouldBe($"{Good} good.example");
        (await vm.GetAsync("https://good.example/")).ShouldBe("", "another port");
        (await vm.GetAsync("http://evil.example/")).ShouldBe("");
        (await vm.ShellAsync($"nc -w 3 {Evil} {EchoPort} < /dev/null | head -n 1")).Line.ShouldBe("welcome");
        (await vm.GetAsync($"http://{Evil}/")).ShouldBe("");

        string log = await vm.LogAsync();
        log.ShouldContain($"allow tcp {Good}:80 good.example (--allow @forge *.example:80)\n");
        log.ShouldContain($"deny tcp {Good}:443 good.example (--egress list)\n");
        log.ShouldContain("deny dns  evil.example (--deny evil.example)\n");
        log.ShouldContain($"allow tcp {Evil}:{EchoPort}  (--allow @forge {Evil}/32:{EchoPort})\n");
        log.ShouldContain($"deny tcp {Evil}:80  (--egress list)\n");
        (await _world.RunAsync("run", "--rm", "--allow", "@gone", "@busybox", "--", "true")).Ended(2).Error.ShouldContain("egress/gone.rules");
    }

    [SkippableFact]
    public async Task A_guest_that_forges_its_addresses_is_not_heard()
    {
        await using EgressVm vm = await _world.StartAsync("--privileged", "--allow", $"{Good}");
        (await vm.GetAsync($"http://{Good}/")).ShouldBe($"{Good} {Good}");

        (await vm.ShellAsync("ip addr flush dev eth0; ip addr add 10.0.2.99/24 dev eth0; ip route add default via 10.0.2.1")).Succeeded();
        (await vm.GetAsync($"http://{Good}/")).ShouldBe("", "another IPv4 address");
        (await vm.ShellAsync("ip addr flush dev eth0; ip addr add 10.0.2.100/24 dev eth0; ip route add default via 10.0.2.1")).Succeeded();
        (await vm.GetAsync($"http://{Good}/")).ShouldBe($"{Good} {Good}");
        (await vm.ShellAsync("ip link set eth0 address 02:00:00:00:00:99")).Succeeded();
        (await vm.GetAsync($"http://{Good}/")).ShouldBe("", "another MAC");
    }
}

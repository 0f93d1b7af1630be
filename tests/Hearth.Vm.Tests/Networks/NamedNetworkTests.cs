using System.Diagnostics;
using System.Globalization;
using Hearth.Vm.Tests.Harness;
using Hearth.Vm.Tests.Idle;

namespace Hearth.Vm.Tests.Networks;

/// <summary>Networks that VMs share.</summary>
public sealed class NamedNetworkTests : IAsyncLifetime
{
    private const string Server = "mkdir -p /w && hostname > /w/index.html && dd if=/dev/urandom of=/w/bulk bs=1M count=8 2> /dev/null && httpd -p 80 -h /w && echo up && exec sleep 1000000";

    private readonly string _network = TestRun.Current.NewName();
    private readonly List<string> _vms = [];
    private readonly List<string> _networks = [];

    public NamedNetworkTests() => TestRun.NeedNetwork();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_vms.Count > 0)
        {
            await HearthCommand.RunAsync(["rm", "-f", .. _vms]);
        }

        if (_networks.Count > 0)
        {
            (await HearthCommand.RunAsync(["network", "rm", .. _networks])).Succeeded();
        }
    }

    [SkippableFact]
    public async Task VMs_on_one_network_reach_each_other_by_name_and_those_on_another_do_not()
    {
        await MakeAsync(_network, "--ipv6");
        string other = TestRun.Current.NewName();
        await MakeAsync(other, "--internal");
        string server = await ServeAsync("--network", _network);
        string neighbour = await RunAsync("--network", _network);
        string stranger = await RunAsync("--network", other);
        string address = await AddressAsync(server, _network);

        (await ExecAsync(neighbour, $"wget -qO- http://{server}/")).Succeeded().Line.ShouldBe(server);
        (await ExecAsync(neighbour, $"wget -qO- http://{server}.{_network}.hearth.internal/")).Succeeded().Line.ShouldBe(server);
        (await ExecAsync(neighbour, $"ping -c 1 -w 60 {server} && ping6 -c 1 -w 60 {server}")).Succeeded();
        (await ExecAsync(neighbour, $"nslookup {address}")).Succeeded().Output.ShouldContain($"name = {server}.{_network}.hearth.internal");
        (await ExecAsync(server, $"getent hosts {server} 2> /dev/null || cat /etc/hosts")).Succeeded().Output.ShouldContain($"{address}\t{server}");
        (await ExecAsync(stranger, $"wget -qO- http://{server}/")).Ended(1).Error.ShouldContain("bad address");
        (await ExecAsync(stranger, $"wget -qO- http://{address}/")).Ended(1).Error.ShouldContain("unreachable");
        (await ExecAsync(neighbour, $"wget -qO- http://{Beside(address)}/")).Ended(1).Error.ShouldContain("No route to host");

        string sum = (await ExecAsync(server, "sha256sum < /w/bulk")).Succeeded().Line;
        (await ExecAsync(neighbour, $"wget -qO- http://{server}/bulk | sha256sum")).Succeeded().Line.ShouldBe(sum);
        (await HearthCommand.RunAsync("inspect", "--format", "{{json .NetworkSettings.Networks}}", server)).Succeeded().Line.ShouldContain($"\"{_network}\":{{\"IPAddress\":\"{address}\"");
        (await HearthCommand.RunAsync("network", "rm", _network)).Ended(1).Error.ShouldContain($"Network {_network} has VMs: ");
    }

    [SkippableFact]
    public async Task A_neighbour_with_a_bound_on_its_rate_takes_packets_of_its_own_size()
    {
        await MakeAsync(_network);
        string server = await ServeAsync("--network", _network, "--net-rate", "100M");
        string neighbour = await RunAsync("--network", _network);

        string sum = (await ExecAsync(server, "sha256sum < /w/bulk")).Succeeded().Line;
        (await ExecAsync(neighbour, $"wget -qO- http://{server}/bulk | sha256sum")).Succeeded().Line.ShouldBe(sum);
        (await ExecAsync(neighbour, $"ping -c 1 -w 60 -s 30000 {server}")).Succeeded(); // In pieces, or told of the size and sent again.
    }

    [SkippableFact]
    public async Task A_VM_that_runs_is_put_on_a_network_and_taken_off()
    {
        await MakeAsync(_network);
        string server = await ServeAsync("--network", _network);
        string vm = await RunAsync("--egress", "none"); // What it may reach is no matter among neighbours.

        (await ExecAsync(vm, $"wget -qO- http://{server}/")).Ended(1);
        (await HearthCommand.RunAsync("network", "connect", _network, vm)).Succeeded();
        (await ExecAsync(vm, $"wget -qO- http://{server}/")).Succeeded().Line.ShouldBe(server);
        (await ExecAsync(server, $"ping -c 1 -w 60 {vm}")).Succeeded();
        (await HearthCommand.RunAsync("network", "connect", _network, vm)).Ended(1).Error.ShouldContain("already");
        (await HearthCommand.RunAsync("network", "inspect", "--format", "{{json .Containers}}", _network)).Succeeded().Line.ShouldContain($"\"Name\":\"{vm}\"");

        (await HearthCommand.RunAsync("restart", vm)).Succeeded();
        (await ExecAsync(vm, $"wget -qO- http://{server}/")).Succeeded().Line.ShouldBe(server);
        (await HearthCommand.RunAsync("network", "disconnect", _network, vm)).Succeeded();
        (await ExecAsync(vm, $"wget -qO- http://{server}/")).Ended(1).Error.ShouldContain("bad address");
        (await ExecAsync(server, $"ping -c 1 -w 60 {vm}")).Ended(1).Error.ShouldContain("bad address");
        (await ExecAsync(vm, "ip -o addr; ip route")).Succeeded().Output.ShouldNotContain("10.89.");
        (await HearthCommand.RunAsync("network", "disconnect", _network, vm)).Ended(1).Error.ShouldContain("is not on network");

        (await HearthCommand.RunAsync("stop", "-t", "0", vm)).Succeeded();
        (await HearthCommand.RunAsync("network", "connect", _network, vm)).Succeeded();
        (await HearthCommand.RunAsync("start", vm)).Succeeded();
        (await ExecAsync(vm, $"wget -qO- http://{server}/")).Succeeded().Line.ShouldBe(server);
    }

    [SkippableFact]
    public async Task A_copy_is_a_neighbour_of_its_own_and_one_that_dies_is_none_at_once()
    {
        await MakeAsync(_network);
        string server = await ServeAsync("--network", _network);
        string address = await AddressAsync(server, _network);
        string copy = TestRun.Current.NewName();
        _vms.Add(copy);
        (await HearthCommand.RunAsync("fork", server, "--name", copy)).Succeeded();

        (await ExecAsync(copy, $"wget -qO- http://{server}/")).Succeeded().Line.ShouldBe(server); // Its first exec.
        (await ExecAsync(server, $"wget -qO- http://{copy}/")).Succeeded().Line.ShouldBe(server); // The page is its source's.
        string copied = await AddressAsync(copy, _network);
        copied.ShouldNotBe(address);
        (await ExecAsync(copy, "ip -o addr; cat /etc/hosts")).Succeeded().Output.ShouldNotContain(address + "/");

        string renamed = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("rename", copy, renamed)).Succeeded();
        _vms[_vms.IndexOf(copy)] = renamed;
        (await ExecAsync(server, $"wget -qO- http://{copy}/")).Ended(1).Error.ShouldContain("bad address");
        (await ExecAsync(server, $"ping -c 1 -w 60 {renamed}")).Succeeded();

        (await HearthCommand.RunAsync("suspend", renamed)).Succeeded();
        (await ExecAsync(server, $"wget -qO- http://{copied}/")).Ended(1).Error.ShouldContain("No route to host");
        (await HearthCommand.RunAsync("resume", renamed)).Succeeded();
        (await ExecAsync(server, $"wget -qO- http://{renamed}/")).Succeeded().Line.ShouldBe(server);

        using Process supervisor = Process.GetProcessById(int.Parse((await HearthCommand.RunAsync("inspect", "--format", "{{.Hearth.SupervisorPid}}", renamed)).Succeeded().Line, CultureInfo.InvariantCulture));
        copied = await AddressAsync(renamed, _network);
        supervisor.Kill();
        (await ExecAsync(server, $"until ! wget -qO- http://{copied}/ > /dev/null; do :; done; wget -qO- http://{copied}/")).Ended(1).Error.ShouldContain("No route to host");
        (await ExecAsync(server, $"wget -qO- http://{renamed}/")).Ended(1).Error.ShouldContain("bad address");
    }

    [SkippableFact]
    public async Task A_VM_on_internal_networks_alone_reaches_its_neighbours_and_nobody_else()
    {
        await MakeAsync(_network, "--internal");
        string server = await ServeAsync("--network", _network);
        string vm = await RunAsync("--network", _network);

        (await ExecAsync(vm, $"wget -qO- http://{server}/")).Succeeded().Line.ShouldBe(server);
        (await ExecAsync(vm, "nslookup example.com")).Ended(1).Output.ShouldContain("NXDOMAIN");
        (await ExecAsync(vm, "wget -qO- http://192.0.2.1/")).Ended(1).Error.ShouldContain("unreachable");
        (await HearthCommand.RunAsync("egress", "set", vm, "--egress", "all")).Succeeded();
        (await ExecAsync(vm, "nslookup example.com")).Ended(1).Output.ShouldContain("NXDOMAIN");
        (await HearthCommand.RunAsync("run", "--network", _network, "--host-access", "@busybox", "true")).Ended(125).Error.ShouldContain("exclude each other");
    }

    [SkippableFact]
    public async Task A_VM_that_its_neighbours_speak_to_is_not_idle()
    {
        await MakeAsync(_network);
        string spoken = await RunAsync("--network", _network, "--idle-suspend", "2s");
        string speaking = await RunAsync("--network", _network);
        (await ExecAsync(speaking, $"ping -c 1 -w 60 {spoken}")).Succeeded();
        using HearthCommand talk = HearthCommand.Start("exec", speaking, "ping", "-i", "1", spoken);
        await talk.OutputAsync("seq=1 ");

        // One beside it that nobody speaks to is suspended twice meanwhile.
        string idle = await RunAsync("--network", _network, "--idle-suspend", "2s");
        await IdleVm.IdleAsync(idle);
        (await ExecAsync(idle, "true")).Succeeded();
        await IdleVm.IdleAsync(idle);
        (await IdleVm.HistoryAsync(spoken)).ShouldBe("");

        talk.Kill();
        await talk.EndAsync();
        await IdleVm.IdleAsync(spoken);
    }

    [SkippableFact]
    public async Task What_cannot_be_is_refused_and_nothing_is_left()
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "--rm", "--name", name, "--network", _network, "@busybox", "true")).Ended(125).Error.ShouldContain($"There is no network {_network}.");
        await MakeAsync(_network, "--subnet", "10.99.7.0/29");
        (await HearthCommand.RunAsync("network", "create", "--subnet", "10.99.7.0/24", TestRun.Current.NewName())).Ended(1).Error.ShouldContain($"that of network {_network}");
        string leases = Path.Combine(TestRun.Current.Home, "networks", _network, "leases");
        Directory.CreateDirectory(leases);
        FileStream[] held = [.. Enumerable.Range(1, 6).Select(last => File.Open(Path.Combine(leases, $"10.99.7.{last}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))];

        (await HearthCommand.RunAsync("run", "--rm", "--name", name, "--network", _network, "@busybox", "true")).Ended(125).Error.ShouldContain("No address of 10.99.7.0/29 is free.");
        (await HearthCommand.RunAsync("ps", "-aq", "--filter", $"name={name}")).Succeeded().Output.ShouldBe("");
        Array.ForEach(held, static file => file.Dispose());
        (await HearthCommand.RunAsync("run", "--rm", "--network", _network, "@busybox", "true")).Succeeded();
    }

    /// <summary>Another address of the subnet, of which nobody has so many.</summary>
    private static string Beside(string address)
    {
        int dot = address.LastIndexOf('.');
        int last = int.Parse(address[(dot + 1)..], CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{address[..dot]}.{(last + 100) % 250 + 1}");
    }

    private static async Task<string> AddressAsync(string vm, string network) =>
        (await HearthCommand.RunAsync("inspect", "--format", $"{{{{(index .NetworkSettings.Networks \"{network}\").IPAddress}}}}", vm)).Succeeded().Line;

    private static Task<Outcome> ExecAsync(string vm, string script) => HearthCommand.RunAsync("exec", vm, "sh", "-c", script);

    private async Task MakeAsync(string name, params string[] options)
    {
        _networks.Add(name);
        (await HearthCommand.RunAsync(["network", "create", .. options, name])).Succeeded().Line.ShouldBe(name);
    }

    private async Task<string> RunAsync(params string[] options)
    {
        string name = TestRun.Current.NewName();
        _vms.Add(name);
        (await HearthCommand.RunAsync(["run", "-d", "--name", name, .. options, "@busybox", "sleep", "1000000"])).Succeeded();
        return name;
    }

    private async Task<string> ServeAsync(params string[] options)
    {
        string name = TestRun.Current.NewName();
        _vms.Add(name);
        (await HearthCommand.RunAsync(["run", "-d", "--name", name, .. options, "@busybox", "sh", "-c", Server])).Succeeded();
        using HearthCommand logs = HearthCommand.Start("logs", "-f", name);
        await logs.OutputAsync("up\n");
        return name;
    }
}

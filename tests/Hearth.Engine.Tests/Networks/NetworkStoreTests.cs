using System.Net;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Networks;
using Hearth.Engine.Store;
using Hearth.Networking.Leases;

namespace Hearth.Engine.Tests.Networks;

public sealed class NetworkStoreTests : IDisposable
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly TemporaryHome _home = new();

    private HearthPaths Paths => _home.Paths;

    private NetworkStore Store => new(Paths);

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_network_is_written_so_and_read_back()
    {
        NamedNetwork made = await CreateAsync("back", "10.99.0.0/24", "fd00:99::/64", isInternal: true);

        File.ReadAllText(Path.Combine(Paths.Networks, "back", "network.json")).ShouldBe(
            """
            {
              "version": 1,
              "name": "back",
              "subnet": "10.99.0.0/24",
              "subnet6": "fd00:99::/64",
              "internal": true,
              "created": "2026-01-02T03:04:05+00:00"
            }
            """);
        Store.List().ShouldBe([made]);
        Store.Require("back").ShouldBe(made);
    }

    [Fact]
    public async Task One_of_a_newer_format_and_one_that_is_broken_are_refused()
    {
        await CreateAsync("back");
        string file = Path.Combine(Paths.Networks, "back", "network.json");
        string text = File.ReadAllText(file);

        File.WriteAllText(file, text.Replace("\"version\": 1", "\"version\": 2", StringComparison.Ordinal));
        Should.Throw<HearthException>(() => Store.Require("back")).Code.ShouldBe("network.newer");
        File.WriteAllText(file, "{");
        Should.Throw<HearthException>(() => Store.List()).Code.ShouldBe("network.corrupt");
    }

    [Fact]
    public async Task A_directory_that_a_killed_command_left_half_made_is_no_network_and_in_nobodys_way()
    {
        Directory.CreateDirectory(Path.Combine(Paths.Networks, "back"));

        Store.List().ShouldBeEmpty();
        (await CreateAsync("back")).Name.ShouldBe("back");
    }

    [Theory]
    [InlineData("none")]
    [InlineData("rootless")]
    [InlineData("host")]
    [InlineData("internal")]
    [InlineData("Back")]
    [InlineData("../back")]
    [InlineData("")]
    public async Task Words_with_another_meaning_are_no_names(string name) =>
        (await Should.ThrowAsync<HearthException>(() => CreateAsync(name))).Code.ShouldBe("network.name");

    [Fact]
    public async Task A_name_is_given_once()
    {
        await CreateAsync("back");

        (await Should.ThrowAsync<HearthException>(() => CreateAsync("back"))).Code.ShouldBe("network.exists");
    }

    [Fact]
    public async Task Subnets_that_nobody_asked_for_do_not_overlap()
    {
        IPNetwork[] subnets = [.. (await Task.WhenAll(Enumerable.Range(0, 12).Select(i => CreateAsync($"net{i}", ipv6: true)))).SelectMany(static network => new[] { IPNetwork.Parse(network.Subnet), IPNetwork.Parse(network.Subnet6!) })];

        subnets.Distinct().Count().ShouldBe(24);
        subnets.Count(one => subnets.Any(other => other != one && other.Contains(one.BaseAddress))).ShouldBe(0);
    }

    [Fact]
    public async Task One_with_VMs_is_not_removed()
    {
        await CreateAsync("back");
        VmModel vm = _home.Vms.Create(TemporaryHome.Spec("web") with { Network = new NetworkSpec { Networks = ["back"] } });

        HearthException refused = await Should.ThrowAsync<HearthException>(() => Store.RemoveAsync("back", CancellationToken.None));
        (refused.Code, refused.Message).ShouldBe(("network.in-use", "Network back has VMs: web."));
        _home.Vms.Remove(vm);
        await Store.RemoveAsync("back", CancellationToken.None);

        Directory.Exists(Path.Combine(Paths.Networks, "back")).ShouldBeFalse();
        (await Should.ThrowAsync<HearthException>(() => Store.RemoveAsync("back", CancellationToken.None))).Code.ShouldBe("network.not-found");
    }

    [Fact]
    public async Task A_VM_is_put_on_a_network_and_taken_off_in_its_spec()
    {
        await CreateAsync("back");
        VmModel vm = _home.Vms.Create(TemporaryHome.Spec("web") with { Network = new NetworkSpec() });

        _home.Vms.ChangeMembership(vm, "back", join: true);
        _home.Vms.Reload(vm).Spec.Network!.Networks.ShouldBe(["back"]);
        Should.Throw<HearthException>(() => _home.Vms.ChangeMembership(vm, "back", join: true)).Code.ShouldBe("network.joined");
        _home.Vms.ChangeMembership(vm, "back", join: false);
        _home.Vms.Reload(vm).Spec.Network!.Networks.ShouldBeEmpty();
        Should.Throw<HearthException>(() => _home.Vms.ChangeMembership(vm, "back", join: false)).Code.ShouldBe("network.not-joined");

        VmModel bare = _home.Vms.Create(TemporaryHome.Spec("bare"));
        Should.Throw<HearthException>(() => _home.Vms.ChangeMembership(bare, "back", join: true)).Code.ShouldBe("vm.no-network");
    }

    [Fact]
    public async Task A_neighbour_is_known_by_its_name_of_now_while_its_lease_lives()
    {
        NamedNetwork back = await CreateAsync("back", "10.99.0.0/24");
        AddressPool pool = Store.Pools(back).Single();
        VmModel vm = _home.Vms.Create(TemporaryHome.Spec("web") with { Network = new NetworkSpec { Networks = ["back"] } });
        NeighbourNames names = new(Paths, static () => ["back"]);
        NeighbourNames elsewhere = new(Paths, static () => []);
        using (AddressLease lease = await pool.TakeAsync(vm.Id, null, CancellationToken.None))
        {
            VmFiles.WriteState(vm.Directory, new VmState { Networks = [new NetworkPlace("back", lease.Address.ToString())] });

            names.AddressesOf("web").ShouldBe([lease.Address]);
            names.AddressesOf("web.back.hearth.internal").ShouldBe([lease.Address]);
            names.AddressesOf("web.front.hearth.internal").ShouldBeNull();
            names.AddressesOf("web.example.com").ShouldBeNull();
            names.AddressesOf("../web").ShouldBeNull();
            names.NameOf(lease.Address).ShouldBe("web.back.hearth.internal");
            elsewhere.AddressesOf("web").ShouldBeNull();
            elsewhere.NameOf(lease.Address).ShouldBeNull();

            _home.Vms.Rename(_home.Vms.Reload(vm), "shop");
            names.AddressesOf("web").ShouldBeNull();
            names.AddressesOf("shop").ShouldBe([lease.Address]);
        }

        names.AddressesOf("shop").ShouldBeNull();
        names.NameOf(IPAddress.Parse("10.99.0.9")).ShouldBeNull();
    }

    private Task<NamedNetwork> CreateAsync(string name, string? subnet = null, string? subnet6 = null, bool ipv6 = false, bool isInternal = false) =>
        Store.CreateAsync(name, Parse(subnet), Parse(subnet6), ipv6, isInternal, s_now, CancellationToken.None);

    private static IPNetwork? Parse(string? text) => text is null ? null : IPNetwork.Parse(text);
}

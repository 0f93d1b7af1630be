using System.Net;
using Hearth.Core.Errors;
using Hearth.Networking.Leases;

namespace Hearth.Networking.Tests.Leases;

public sealed class AddressPoolTests : IDisposable
{
    private static readonly IPAddress s_kept = IPAddress.Parse("10.89.0.1");

    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"hearth-leases-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    [Fact]
    public async Task Every_owner_has_an_address_of_its_own_until_none_is_left()
    {
        AddressPool pool = Pool("10.89.0.0/28");
        List<AddressLease> leases = [];
        for (int i = 0; i < 13; i++)
        {
            leases.Add(await TakeAsync(pool, $"vm{i}"));
        }

        leases.Select(static lease => lease.Address).Distinct().Count().ShouldBe(13);
        leases.ShouldAllBe(static lease => IPNetwork.Parse("10.89.0.0/28").Contains(lease.Address));
        leases.Select(static lease => lease.Address.ToString()).ShouldNotContain(static address => address == "10.89.0.0" || address == "10.89.0.1" || address == "10.89.0.15");
        (await Should.ThrowAsync<HearthException>(() => TakeAsync(pool, "late"))).Code.ShouldBe("network.exhausted");

        leases[4].Dispose();
        using AddressLease again = await TakeAsync(pool, "late");
        again.Address.ShouldBe(leases[4].Address);
        leases.ForEach(static lease => lease.Dispose());
    }

    [Fact]
    public async Task An_owner_that_comes_again_has_the_same_address()
    {
        AddressPool pool = Pool("10.89.0.0/16");
        IPAddress first;
        using (AddressLease lease = await TakeAsync(pool, "web"))
        {
            first = lease.Address;
        }

        using AddressLease second = await TakeAsync(pool, "web");
        second.Address.ShouldBe(first);
    }

    [Fact]
    public async Task An_address_has_an_owner_as_long_as_its_lease_and_is_leased_anew_from_one_who_died()
    {
        AddressPool pool = Pool("10.89.0.0/29");
        IPAddress address;
        using (AddressLease lease = await TakeAsync(pool, "web"))
        {
            address = lease.Address;
            pool.OwnerOf(address).ShouldBe("web");
            pool.Leased().ShouldBe([(address, "web")]);
        }

        pool.OwnerOf(address).ShouldBeNull();
        File.WriteAllText(Path.Combine(_directory, address.ToString()), "dead"); // Its supervisor was killed: the kernel took the lock from it.
        File.WriteAllText(Path.Combine(_directory, $"{address}.lock"), "");
        pool.OwnerOf(address).ShouldBeNull();
        pool.Leased().ShouldBeEmpty();
        using AddressLease again = await TakeAsync(pool, "web");
        again.Address.ShouldBe(address);
        pool.OwnerOf(address).ShouldBe("web");
    }

    [Fact]
    public async Task What_cannot_be_used_is_passed_over()
    {
        AddressPool pool = Pool("10.89.0.0/29");
        using AddressLease lease = await pool.TakeAsync("web", static address => address.ToString() == "10.89.0.5", CancellationToken.None);
        lease.Address.ToString().ShouldBe("10.89.0.5");
        (await Should.ThrowAsync<HearthException>(() => pool.TakeAsync("db", static _ => false, CancellationToken.None))).Message.ShouldContain("10.89.0.0/29");
    }

    [Fact]
    public async Task Of_an_IPv6_network_the_last_sixty_two_bits_are_the_owners()
    {
        AddressPool pool = Pool("fd00:1::/64");
        using AddressLease one = await TakeAsync(pool, "one");
        using AddressLease two = await TakeAsync(pool, "two");
        one.Address.ShouldNotBe(two.Address);
        IPNetwork.Parse("fd00:1::/64").Contains(one.Address).ShouldBeTrue();
    }

    [Fact]
    public async Task Many_at_once_get_different_ones()
    {
        AddressPool pool = Pool("10.89.0.0/24");
        AddressLease[] leases = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => TakeAsync(Pool("10.89.0.0/24"), $"vm{i}"))));
        leases.Select(static lease => lease.Address).Distinct().Count().ShouldBe(100);
        pool.Leased().Count.ShouldBe(100);
        Array.ForEach(leases, static lease => lease.Dispose());
        pool.Leased().ShouldBeEmpty();
    }

    private static Task<AddressLease> TakeAsync(AddressPool pool, string owner) => pool.TakeAsync(owner, null, CancellationToken.None);

    private AddressPool Pool(string network) => new(_directory, IPNetwork.Parse(network), [s_kept]);
}

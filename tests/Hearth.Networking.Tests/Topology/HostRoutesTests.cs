using System.Net;
using System.Net.NetworkInformation;
using Hearth.Networking.Topology;

namespace Hearth.Networking.Tests.Topology;

public sealed class HostRoutesTests : IDisposable
{
    private const string Default = "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000001 00000000 00000003     eth0";
    private const string Rejecting = "00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo";
    private const string Network = "fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0";

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData(true, Network, Rejecting, Default)]
    [InlineData(false, Network, Rejecting)]
    [InlineData(false)]
    [InlineData(false, "what is this")]
    public void A_default_route_is_one_that_leads_out(bool there, params string[] lines)
    {
        File.WriteAllLines(_file, lines);

        HostRoutes.HasDefaultIPv6(_file).ShouldBe(there);
    }

    [Fact]
    public void Destinations_are_the_networks_that_are_not_every_hosts()
    {
        File.WriteAllLines(_file,
        [
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
            "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
            "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
            "tun0\t0000100A\t00000000\t0001\t0\t0\t0\t0000F0FF\t0\t0\t0",
            "what is this",
        ]);
        string other = _file + "6";
        File.WriteAllLines(other, [
            Network, Default, Rejecting,
            "fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0",
            "ff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0",
            "00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000001 00000000 80200001       lo",
            "fd010000000000000000000000000000 30 00000000000000000000000000000000 00 00000000000000000000000000000000 00000400 00000001 00000000 00200200     eth0",
        ]);

        try
        {
            HostRoutes.Destinations(_file, other).ShouldBe([IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("10.16.0.0/12"), IPNetwork.Parse("fd00::/64")]);
            HostRoutes.Destinations("/nonexistent/route", "/nonexistent/ipv6_route").ShouldBeEmpty();
        }
        finally
        {
            File.Delete(other);
        }
    }

    [Fact]
    public void A_host_without_the_file_has_no_IPv6() => HostRoutes.HasDefaultIPv6("/nonexistent/ipv6_route").ShouldBeFalse();

    [Fact]
    public void Hardware_addresses_are_local_unicast_ones_that_the_id_decides()
    {
        PhysicalAddress one = GuestAddressing.StationOf(new string('a', 64));

        GuestAddressing.StationOf(new string('a', 64)).ShouldBe(one);
        GuestAddressing.StationOf(new string('b', 64)).ShouldNotBe(one);
        (one.GetAddressBytes()[0] & 3).ShouldBe(2);
        PhysicalAddress.Parse(GuestAddressing.Text(one)).ShouldBe(one);
    }

    [Fact]
    public void A_guest_with_IPv6_gets_a_link_local_address_of_its_hardware_address()
    {
        GuestAddressing guest = new(
            PhysicalAddress.Parse("02-48-01-02-03-04"), 1500, (IPAddress.Parse("10.0.2.100"), 24), IPAddress.Parse("10.0.2.1"), (IPAddress.Parse("fd00::100"), 64), IPAddress.Parse("fd00::1"));

        guest.Addresses.ShouldBe([(IPAddress.Parse("10.0.2.100"), 24), (IPAddress.Parse("fd00::100"), 64), (IPAddress.Parse("fe80::100"), 64)]);
        (guest with { Address6 = null, Gateway6 = null }).Addresses.Count.ShouldBe(1);
    }
}

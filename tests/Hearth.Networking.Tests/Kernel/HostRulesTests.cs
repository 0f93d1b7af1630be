using System.Net;
using Hearth.Networking.Kernel;

namespace Hearth.Networking.Tests.Kernel;

public sealed class HostRulesTests
{
    private static readonly HostGuest s_bridged = new(new string('a', 64), "hearth-aaaaaaaa", IPAddress.Parse("172.30.1.2"), IPAddress.Parse("fd48:6561:7274:1::ac1e:102"), IsOpen6: false, null);
    private static readonly HostGuest s_routed = new(new string('b', 64), "hearth-bbbbbbbb", IPAddress.Parse("172.30.1.3"), IPAddress.Parse("2001:db8:7::5"), IsOpen6: true, "eth0");

    [Fact]
    public void A_vm_is_an_element_of_sets_and_the_rules_are_the_same_for_all()
    {
        string one = HostRules.Add(s_bridged, before: null), other = HostRules.Add(s_routed, before: null);

        Elements(one).ShouldBe(["add element inet hearth_host guests4 { \"hearth-aaaaaaaa\" . 172.30.1.2 }", "add element inet hearth_host guests6 { \"hearth-aaaaaaaa\" . fd48:6561:7274:1::ac1e:102 }"]);
        Elements(other).ShouldBe(
            ["add element inet hearth_host guests4 { \"hearth-bbbbbbbb\" . 172.30.1.3 }", "add element inet hearth_host guests6 { \"hearth-bbbbbbbb\" . 2001:db8:7::5 }", "add element inet hearth_host open6 { \"hearth-bbbbbbbb\" . 2001:db8:7::5 }"]);
        Rules(one).ShouldBe(Rules(other));
    }

    [Fact]
    public void Who_leases_the_address_of_a_dead_vm_takes_its_elements_out_in_the_same_transaction()
    {
        string text = HostRules.Add(s_bridged with { Address = s_routed.Address }, s_routed);

        Elements(text).Where(static line => line.StartsWith("delete", StringComparison.Ordinal)).Count().ShouldBe(3);
        Elements(text)[^1].ShouldContain("hearth-aaaaaaaa");
    }

    [Fact]
    public void The_last_vm_takes_the_table_with_it()
    {
        HostRules.Remove(s_bridged, isLast: true).ShouldBe("table inet hearth_host { }\ndelete table inet hearth_host\n");
        HostRules.Remove(s_bridged, isLast: false).ShouldNotContain("delete table");
    }

    [Fact]
    public void A_record_is_read_as_it_was_written_and_a_torn_one_is_none()
    {
        foreach (HostGuest guest in (HostGuest[])[s_bridged, s_routed, s_bridged with { Address6 = null }])
        {
            HostGuest.Parse(guest.Format()).ShouldBe(guest);
        }

        s_routed.Format().ShouldBe($"{new string('b', 64)} hearth-bbbbbbbb 172.30.1.3 2001:db8:7::5 open eth0");
        HostGuest.Parse(s_routed.Format()[..70]).ShouldBeNull();
        HostGuest.Parse("").ShouldBeNull();
    }

    private static string[] Elements(string text) => [.. text.Split('\n').Where(static line => line.Contains(" element ", StringComparison.Ordinal))];

    private static string[] Rules(string text) => [.. text.Split('\n').Where(static line => !line.Contains(" element ", StringComparison.Ordinal))];
}

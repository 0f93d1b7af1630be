using System.Net;
using Hearth.Core.Specs;
using Hearth.Networking.Dns;
using Hearth.Networking.Egress;

namespace Hearth.Networking.Tests.Egress;

public sealed class EgressGateTests
{
    private static readonly IPAddress s_public = IPAddress.Parse("203.0.113.1");

    private readonly List<DnsAnswer> _opened = [];

    [Fact]
    public async Task Addresses_of_an_allowed_name_are_granted_and_opened_but_for_those_near_the_host()
    {
        EgressGate gate = Gate(EgressPolicyTests.Policy(EgressMode.List, ["a.example"], []));

        bool accepted = await gate.AcceptAsync(Answer("a.example", [], "203.0.113.1", "10.0.0.1", "127.0.0.1", "198.51.100.9"), default);

        accepted.ShouldBeTrue();
        gate.Granted.NamesOf(s_public).ShouldBe(["a.example"]);
        gate.Granted.NamesOf(IPAddress.Parse("10.0.0.1")).ShouldBeEmpty();
        gate.Granted.NamesOf(IPAddress.Parse("198.51.100.9")).ShouldBeEmpty("it is the host's own");
        _opened.ShouldHaveSingleItem().Addresses.ShouldBe([s_public]);
    }

    [Fact]
    public async Task An_alias_that_is_denied_denies_the_name()
    {
        EgressGate gate = Gate(EgressPolicyTests.Policy(EgressMode.List, ["a.example"], ["*.tracker.example"]));

        (await gate.AcceptAsync(Answer("a.example", ["x.tracker.example"], "203.0.113.1"), default)).ShouldBeFalse();
        gate.Granted.NamesOf(s_public).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_alias_that_is_not_listed_does_not_matter()
    {
        EgressGate gate = Gate(EgressPolicyTests.Policy(EgressMode.List, ["a.example"], ["b.example"]));

        (await gate.AcceptAsync(Answer("a.example", ["edge.cdn.example"], "203.0.113.1"), default)).ShouldBeTrue();
        gate.Granted.NamesOf(s_public).ShouldBe(["a.example"]);
    }

    [Fact]
    public void Keys_that_hide_a_name_are_not_handed_out_under_a_policy()
    {
        EgressGate gate = Gate(EgressPolicyTests.Policy(EgressMode.List, ["a.example"], []));

        gate.Decide(new DnsQuestion("a.example", DnsRecordType.HttpsBinding, 1)).ShouldBe(DnsVerdict.Empty);
        gate.Decide(new DnsQuestion("a.example", DnsRecordType.A, 1)).ShouldBe(DnsVerdict.Forward);
        gate.Decide(new DnsQuestion("b.example", DnsRecordType.HttpsBinding, 1)).ShouldBe(DnsVerdict.Deny);
        Gate(EgressPolicy.Open).Decide(new DnsQuestion("a.example", DnsRecordType.HttpsBinding, 1)).ShouldBe(DnsVerdict.Forward);
    }

    [Fact]
    public async Task Another_policy_holds_for_what_was_granted_before()
    {
        EgressGate gate = Gate(EgressPolicyTests.Policy(EgressMode.List, ["a.example"], []));
        await gate.AcceptAsync(Answer("a.example", [], "203.0.113.1"), default);
        bool told = false;
        gate.Changed += () => told = true;

        gate.Decide(EgressProtocols.Tcp, s_public, 443, gate.Granted.NamesOf(s_public)).IsAllowed.ShouldBeTrue();
        gate.Replace(EgressPolicyTests.Policy(EgressMode.List, ["b.example"], []));
        gate.ReportChanged();

        gate.Decide(EgressProtocols.Tcp, s_public, 443, gate.Granted.NamesOf(s_public)).IsAllowed.ShouldBeFalse();
        told.ShouldBeTrue();
    }

    private static DnsAnswer Answer(string name, string[] aliases, params string[] addresses) =>
        new(new DnsQuestion(name, DnsRecordType.A, 1), aliases, [.. addresses.Select(IPAddress.Parse)], TimeSpan.FromMinutes(1));

    private EgressGate Gate(EgressPolicy policy) => new(policy, log: null, new ManualTime())
    {
        IsHostAddress = static address => address.ToString() == "198.51.100.9",
        Opening = (answer, _) =>
        {
            _opened.Add(answer);
            return Task.CompletedTask;
        },
    };
}

using System.Net;
using Hearth.Core.Specs;
using Hearth.Networking.Dns;
using Hearth.Networking.Egress;
using Hearth.Networking.Rules;
using Hearth.Networking.Tests.Egress;

namespace Hearth.Networking.Tests.Rules;

public sealed class EgressRulesTests : IDisposable
{
    private static readonly EgressPolicy s_ntp = EgressPolicyTests.Policy(EgressMode.List, ["ntp.example:123/udp"], []);
    private static readonly EgressPolicy s_voip = EgressPolicyTests.Policy(EgressMode.List, ["voip.example:5060/udp"], []);

    private readonly List<string> _applied = [];
    private readonly EgressGate _gate = new(s_ntp, null, new ManualTime()) { IsHostAddress = static _ => false };
    private readonly EgressRules _rules;
    private Func<Task> _nft = static () => Task.CompletedTask;

    public EgressRulesTests()
    {
        VmRuleSet set = new()
        {
            Uplink = "up0",
            GuestMac = "02:00:00:00:00:05",
            GuestAddresses = [IPAddress.Parse("10.0.2.15")],
            GatewayAddresses = [IPAddress.Parse("10.0.2.1")],
            Policy = s_ntp,
            ProxyPort = 8443,
        };
        _rules = new EgressRules(_gate, set, async (text, _) =>
        {
            _applied.Add(text);
            await _nft();
        });
    }

    public void Dispose() => _rules.Dispose();

    [Fact]
    public async Task An_answer_is_opened_before_it_is_given()
    {
        await _rules.LoadAsync(default);

        (await _gate.AcceptAsync(Answer("ntp.example"), default)).ShouldBeTrue();

        _applied.Count.ShouldBe(2);
        _applied[1].ShouldStartWith("add element inet hearth udp0_4 { 203.0.113.1 }");
    }

    [Fact]
    public async Task An_answer_that_cannot_be_opened_is_not_given()
    {
        await _rules.LoadAsync(default);
        _nft = static () => throw new IOException("nft");

        await Should.ThrowAsync<IOException>(async () => await _gate.AcceptAsync(Answer("ntp.example"), default));
    }

    [Fact]
    public async Task A_policy_that_cannot_be_loaded_leaves_the_old_one_in_all_parts()
    {
        await _rules.LoadAsync(default);
        bool told = false;
        _gate.Changed += () => told = true;
        _nft = static () => throw new IOException("nft");

        await Should.ThrowAsync<IOException>(async () => await _rules.ReplaceAsync(s_voip, default));

        (_gate.Policy, told).ShouldBe((s_ntp, false));
    }

    [Fact]
    public async Task An_answer_to_a_question_of_the_old_policy_opens_nothing_of_the_new_one()
    {
        await _rules.LoadAsync(default);
        TaskCompletionSource inTransaction = new(), go = new();
        _nft = () =>
        {
            inTransaction.TrySetResult();
            return go.Task;
        };

        Task replacing = _rules.ReplaceAsync(s_voip, default);
        await inTransaction.Task;
        Task<bool> answering = _gate.AcceptAsync(Answer("ntp.example"), default).AsTask();
        answering.IsCompleted.ShouldBeFalse("it waits for its turn");
        go.SetResult();
        await replacing;

        (await answering).ShouldBeTrue();
        _applied.Count.ShouldBe(2, "the set of the same name is about other ports now");
        _gate.Policy.ShouldBe(s_voip);
    }

    [Fact]
    public async Task Every_rule_set_has_a_generation_of_its_own()
    {
        await _rules.LoadAsync(default);
        await _rules.ReplaceAsync(s_voip, default);

        _applied[0].ShouldContain("ct mark set 2 accept");
        _applied[1].ShouldContain("ct mark set 3 accept");
    }

    private static DnsAnswer Answer(string name) => new(new DnsQuestion(name, DnsRecordType.A, 1), [], [IPAddress.Parse("203.0.113.1")], TimeSpan.FromMinutes(1));
}

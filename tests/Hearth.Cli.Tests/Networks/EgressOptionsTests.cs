using System.CommandLine;
using Hearth.Cli.Networks;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Networking.Egress;

namespace Hearth.Cli.Tests.Networks;

public sealed class EgressOptionsTests
{
    [Fact]
    public void An_allow_means_a_list_and_everything_is_kept_as_nothing()
    {
        EgressSettings list = Read("--allow", "example.com", "--allow", "@forge", "--deny", "192.0.2.0/24")!;
        (list.Mode, string.Join(' ', list.Allow), string.Join(' ', list.Deny)).ShouldBe((EgressMode.List, "example.com @forge", "192.0.2.0/24"));
        Read("--egress", "none")!.Mode.ShouldBe(EgressMode.None);
        Read("--egress", "all").ShouldBeNull();
    }

    [Fact]
    public void A_vm_without_a_network_takes_no_word_about_what_it_reaches_but_none()
    {
        HearthException error = Should.Throw<HearthException>(() => Read("--network", "none", "--allow", "example.com"));

        (error.Code, error.Message).ShouldBe(("flags.conflict", "--network none and --egress, --allow and --deny exclude each other."));
        Read("--network", "none", "--egress", "none").ShouldBeNull();
    }

    [Fact]
    public void A_copy_has_its_sources_policy_unless_it_is_told_another()
    {
        EgressSettings list = new(EgressMode.List, ["example.com"], []);

        EgressOptions.Inherit(null, list).ShouldBe(list);
        EgressOptions.Inherit(EgressSettings.Open, list).ShouldBeNull();
        EgressOptions.Inherit(list, null).ShouldBe(list);
    }

    [Fact]
    public void A_decision_is_a_line_json_or_what_a_template_says()
    {
        EgressLogEntry entry = new(DateTimeOffset.UnixEpoch, "deny", "tcp", "203.0.113.9:22", "evil.example", "--egress list", 3);

        EgressRows.Formatter(null)(entry).ShouldBe("1970-01-01T00:00:00.000Z deny  tcp 203.0.113.9:22 evil.example (--egress list) x3");
        EgressRows.Formatter(null)(entry with { Destination = null, Protocol = "dns", Count = 1 }).ShouldBe("1970-01-01T00:00:00.000Z deny  dns evil.example (--egress list)");
        EgressRows.Formatter("json")(entry).ShouldBe("""{"time":"1970-01-01T00:00:00+00:00","decision":"deny","protocol":"tcp","destination":"203.0.113.9:22","name":"evil.example","rule":"--egress list","count":3}""");
        EgressRows.Formatter("table")(entry).ShouldBe("1970-01-01T00:00:00.000Z\tdeny\ttcp\t203.0.113.9:22\tevil.example\t--egress list\t3");
        EgressRows.Formatter("{{.Name}} {{.Count}}")(entry).ShouldBe("evil.example 3");
    }

    private static EgressSettings? Read(params string[] words)
    {
        NetworkOptions options = new();
        Command command = new("run");
        foreach (Option option in options.All)
        {
            command.Options.Add(option);
        }

        return options.Read(command.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null }), static _ => { }).Spec?.Egress;
    }
}

using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Networking.Egress;

namespace Hearth.Networking.Tests.Egress;

public sealed class EgressPresetsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-egress-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_preset_stands_for_the_lines_of_its_file()
    {
        Write("forge", "# code\ngit.example.com:22   # ssh\n\n*.example.com:443\r\n");

        IReadOnlyList<EgressRule> rules = new EgressPresets(_directory).Expand(["192.0.2.1", "@forge"], isDenied: false);

        rules.Select(static rule => rule.Text).ShouldBe(["192.0.2.1", "@forge git.example.com:22", "@forge *.example.com:443"]);
    }

    [Fact]
    public void A_fault_is_named_by_file_and_line()
    {
        Write("forge", "git.example.com\nnot a rule\n");

        Fault("@forge").ShouldBe($"{_directory}/forge.rules:2 'not a rule': 'not a rule' is neither a domain nor an address.");
    }

    [Fact]
    public void A_preset_that_names_another_is_refused()
    {
        Write("forge", "@other\n");

        Fault("@forge").ShouldBe($"{_directory}/forge.rules:1 '@other': a preset names no other.");
    }

    [Fact]
    public void A_preset_that_is_missing_or_would_lie_elsewhere_is_refused()
    {
        Fault("@gone").ShouldBe($"--allow '@gone': there is no file {_directory}/gone.rules.");
        Fault("@../other").ShouldBe("--allow '@../other': presets have names of a-z, 0-9 and '-'.");
        Fault("@").ShouldBe("--allow '@': presets have names of a-z, 0-9 and '-'.");
    }

    [Fact]
    public void A_file_and_a_number_of_rules_beyond_the_bounds_are_refused()
    {
        Write("large", new string('#', EgressPresets.MaxFileBytes + 1));
        Write("many", string.Concat(Enumerable.Repeat("a.example\n", EgressPresets.MaxRules + 1)));

        Fault("@large").ShouldBe($"--allow '@large': {_directory}/large.rules is larger than 1 MiB.");
        Fault("@many").ShouldBe("--allow: 4097 rules are more than the 4096 that a VM can have.");
    }

    [Theory]
    [InlineData(null, "", "", EgressMode.All)]
    [InlineData(null, "a.example", "", EgressMode.List)]
    [InlineData(null, "", "a.example", EgressMode.All)]
    [InlineData("list", "", "", EgressMode.List)]
    [InlineData("none", "", "", EgressMode.None)]
    [InlineData("all", "", "a.example", EgressMode.All)]
    public void Without_a_mode_the_rules_say_which(string? mode, string allow, string deny, EgressMode expected) =>
        EgressSettings.From(mode, List(allow), List(deny)).Mode.ShouldBe(expected);

    [Theory]
    [InlineData("some", "", "", "egress.mode")]
    [InlineData("all", "a.example", "", "egress.conflict")]
    [InlineData("none", "a.example", "", "egress.conflict")]
    [InlineData("none", "", "a.example", "egress.conflict")]
    public void Flags_that_contradict_each_other_are_refused(string mode, string allow, string deny, string code) =>
        Should.Throw<HearthException>(() => EgressSettings.From(mode, List(allow), List(deny))).Code.ShouldBe(code);

    private static string[] List(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private string Fault(string value) => Should.Throw<HearthException>(() => new EgressPresets(_directory).Expand([value], isDenied: false)).Message;

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_directory, name + ".rules"), text);
}

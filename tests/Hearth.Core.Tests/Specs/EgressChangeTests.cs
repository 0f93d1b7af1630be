using Hearth.Core.Errors;
using Hearth.Core.Specs;

namespace Hearth.Core.Tests.Specs;

public sealed class EgressChangeTests
{
    private static readonly EgressSettings s_list = new(EgressMode.List, ["a.example", "b.example"], ["c.example"]);

    [Fact]
    public void A_replacement_is_what_holds_then() => new EgressChange([], [], EgressSettings.Open).ApplyTo(s_list).ShouldBe(EgressSettings.Open);

    [Fact]
    public void Rules_are_added_once_and_take_back_the_same_words_of_the_other_kind()
    {
        Flags(new EgressChange(["c.example", "d.example", "a.example"], []).ApplyTo(s_list)).ShouldBe("List a.example b.example c.example d.example |");
        Flags(new EgressChange([], ["a.example", "c.example"]).ApplyTo(s_list)).ShouldBe("List b.example | c.example a.example");
    }

    [Fact]
    public void What_may_reach_nothing_gets_a_list_by_its_first_rule() =>
        Flags(new EgressChange(["a.example"], []).ApplyTo(new EgressSettings(EgressMode.None, [], []))).ShouldBe("List a.example |");

    [Fact]
    public void What_may_reach_everything_can_be_denied_something_and_have_that_taken_back()
    {
        EgressSettings denied = new EgressChange([], ["a.example"]).ApplyTo(null);

        Flags(denied).ShouldBe("All | a.example");
        new EgressChange(["a.example"], []).ApplyTo(denied).IsOpen.ShouldBeTrue();
    }

    [Fact]
    public void What_changes_nothing_is_an_error()
    {
        Should.Throw<HearthException>(() => new EgressChange(["a.example"], []).ApplyTo(null)).Message
            .ShouldBe("The VM may reach everything that no --deny is about (--egress all): there is nothing to allow by 'a.example'.");
        Should.Throw<HearthException>(() => new EgressChange([], ["a.example"]).ApplyTo(new EgressSettings(EgressMode.None, [], []))).Message
            .ShouldBe("The VM may reach nothing (--egress none): there is nothing left to deny.");
    }

    private static string Flags(EgressSettings settings) => $"{settings.Mode} {string.Join(' ', settings.Allow)} | {string.Join(' ', settings.Deny)}".Replace("  ", " ", StringComparison.Ordinal).TrimEnd();
}

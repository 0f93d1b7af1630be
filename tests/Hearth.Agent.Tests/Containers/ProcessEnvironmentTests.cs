using Hearth.Agent.Containers;
using Hearth.Core.Specs;

namespace Hearth.Agent.Tests.Containers;

public sealed class ProcessEnvironmentTests
{
    [Fact]
    public void Defaults_are_path_hostname_and_home() =>
        Merge().ShouldBe(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=box", "HOME=/root"]);

    [Fact]
    public void A_terminal_adds_its_kind() => Merge(tty: true).ShouldContain("TERM=xterm");

    [Fact]
    public void Of_two_values_the_later_wins_in_the_place_of_the_first() =>
        Merge(false, "A=1", "B=2", "A=3").ShouldBe(["PATH=" + ProcessEnvironment.DefaultPath, "HOSTNAME=box", "A=3", "B=2", "HOME=/root"]);

    [Fact]
    public void What_was_asked_replaces_the_defaults()
    {
        List<string> merged = Merge(true, "PATH=/p", "HOME=/h", "TERM=vt100", "HOSTNAME=other");
        merged.ShouldBe(["PATH=/p", "HOSTNAME=other", "TERM=vt100", "HOME=/h"]);
    }

    [Fact]
    public void A_name_that_begins_like_another_is_another() => Merge(false, "PATHS=x").ShouldContain("PATH=" + ProcessEnvironment.DefaultPath);

    [Fact]
    public void An_entry_without_a_value_is_dropped() => Merge(false, "JUST", "=x").Count.ShouldBe(3);

    [Fact]
    public void A_program_without_a_slash_is_searched_in_the_absolute_directories_of_the_path() =>
        ProgramSearch.Candidates("ls", ["PATH=/bin/::relative:/usr/bin"]).ShouldBe(["/bin/ls", "/usr/bin/ls"]);

    [Fact]
    public void A_program_with_a_slash_is_itself() => ProgramSearch.Candidates("./x", ["PATH=/bin"]).ShouldBe(["./x"]);

    private static List<string> Merge(bool tty = false, params string[] env) =>
        ProcessEnvironment.Merge(new ProcessSpec { Args = ["x"], Tty = tty, Env = env }, "box", "/root");
}

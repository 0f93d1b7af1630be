using Hearth.Cli.Run;
using Hearth.Core.Errors;

namespace Hearth.Cli.Tests.Run;

public sealed class EnvironmentEntriesTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void A_file_is_read_as_Docker_reads_it()
    {
        File.WriteAllText(_file, "\uFEFF# comment\n\n  A=1\nB=\"quoted\" \r\n\tC=x=y#z\nFROM_HOST\nUNSET\nEMPTY=\n");
        Read(name => name == "FROM_HOST" ? "h" : null).ShouldBe(["A=1", "B=\"quoted\" ", "C=x=y#z", "FROM_HOST=h", "EMPTY="]);
    }

    [Theory]
    [InlineData("A=1\n=x\n", "line 2: there is no name before '='.")]
    [InlineData("A B=1\n", "line 1: the name 'A B' contains white space.")]
    public void A_bad_line_is_named(string text, string cause)
    {
        File.WriteAllText(_file, text);
        Should.Throw<HearthException>(() => Read(static _ => null)).Message.ShouldBe($"--env-file {_file}, {cause}");
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        File.WriteAllBytes(_file, [0x41, 0x3d, 0xff, 0xfe]);
        Should.Throw<HearthException>(() => Read(static _ => null)).Code.ShouldBe("env-file.invalid");
    }

    [Fact]
    public void Flags_come_after_files_and_bare_names_take_the_hosts_value()
    {
        File.WriteAllText(_file, "A=file\n");
        EnvironmentEntries.Collect([_file], ["A=flag", "HOME", "GONE"], static name => name == "HOME" ? "/root" : null)
            .ShouldBe(["A=file", "A=flag", "HOME=/root", "GONE"]);
    }

    [Fact]
    public void Later_entries_replace_in_place_and_bare_names_remove() =>
        EnvironmentEntries.Merge(["A=1", "B=2", "C=3"], ["B=9", "A", "D=4", "D=5", "NEVER"]).ShouldBe(["B=9", "C=3", "D=5"]);

    private List<string> Read(Func<string, string?> variable) => [.. EnvironmentEntries.ReadFile(_file, "--env-file", variable)];
}

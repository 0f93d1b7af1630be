using System.CommandLine;
using Hearth.Cli.Parsing;

namespace Hearth.Cli.Tests.Parsing;

public sealed class ArgumentOrderTests
{
    [Theory]
    [InlineData("run alpine ls -l", "run -- alpine ls -l")]
    [InlineData("run alpine -- ls -l", "run -- alpine ls -l")]
    [InlineData("run -- alpine ls -l", "run -- alpine ls -l")]
    [InlineData("run alpine echo -- x", "run -- alpine echo -- x")]
    [InlineData("run -it alpine", "run --interactive --tty -- alpine")]
    [InlineData("run -itw/tmp alpine", "run --interactive --tty --workdir=/tmp -- alpine")]
    [InlineData("run -e A=b=c -eD=e -e=F=g alpine", "run --env=A=b=c --env=D=e --env=F=g -- alpine")]
    [InlineData("run --env -x alpine", "run --env=-x -- alpine")]
    [InlineData("run -m 512m -c2 alpine", "run --memory=512m --cpus=2 -- alpine")]
    [InlineData("run --rm=false --rm alpine", "run --rm=false --rm -- alpine")]
    [InlineData("run --tmpfs /a:size=1m alpine --rm", "run --tmpfs=/a:size=1m -- alpine --rm")]
    [InlineData("run @busybox -- true", "run -- @busybox true")]
    [InlineData("exec -itu root web sh -c x", "exec --interactive --tty --user=root -- web sh -c x")]
    [InlineData("stop a -t 3 b", "stop --time=3 -- a b")]
    [InlineData("cp - web:/x", "cp -- - web:/x")]
    [InlineData("run --help", "run --help")]
    public void A_command_line_is_read_as_Docker_reads_it(string line, string expected) =>
        string.Join(' ', Normalize(line.Split(' '))).ShouldBe(expected);

    [Fact]
    public void An_empty_value_stays_a_value() =>
        Normalize(["run", "--entrypoint", "", "alpine"]).ShouldBe(["run", "--entrypoint=", "--", "alpine"]);

    [Theory]
    [InlineData("run --bogus alpine", "unknown option '--bogus'.")]
    [InlineData("run -x alpine", "unknown option '-x'.")]
    [InlineData("run --name", "option '--name' needs a value.")]
    [InlineData("run -ite", "option '-e' needs a value.")]
    public void A_wrong_option_is_named(string line, string expected)
    {
        var error = Should.Throw<UsageException>(() => Normalize(line.Split(' ')));
        error.Message.ShouldBe(expected);
        error.CommandPath.ShouldBe("hearth run");
    }

    private static string[] Normalize(string[] args)
    {
        RootCommand root = CommandTree.Build(TestContext.Create(), args);
        return ArgumentOrder.Normalize(root, args);
    }
}

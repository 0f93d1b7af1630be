using Hearth.Core.Errors;

namespace Hearth.Cli.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("version --bogus", "hearth version: unknown option '--bogus'.\nSee 'hearth version --help'.\n")]
    [InlineData("bogus -a", "hearth: unknown command 'bogus'.\nSee 'hearth --help'.\n")]
    [InlineData("stop", "hearth stop: ")]
    [InlineData("cp a b", "hearth cp: one side must be in a VM (VM:PATH).\nSee 'hearth cp --help'.\n")]
    [InlineData("cp a:b c:d", "hearth cp: copying from VM to VM is not supported; go through this machine.\nSee 'hearth cp --help'.\n")]
    public async Task A_usage_error_exits_2_and_points_to_the_help(string line, string expected)
    {
        var error = new StringWriter();
        int code = await CommandLine.RunAsync(TestContext.Create(error: error), line.Split(' '));
        code.ShouldBe(ExitCodes.Usage);
        error.ToString().ShouldStartWith(expected);
        error.ToString().ShouldContain("--help'.");
    }

    [Theory]
    [InlineData("run -m 10M alpine", "hearth: -m 10M: too small to boot; the least is 104M.\n  Give -m 104M or more.\n")]
    [InlineData("run -m lots alpine", "hearth: -m lots: not a size.\n  Write a number with a unit: 512M, 1.5g, 2GiB.\n")]
    [InlineData("run -c 0 alpine", "hearth: -c 0: out of range.\n")]
    [InlineData("run -c 33 alpine", "hearth: -c 33: out of range.\n")]
    [InlineData("run -c two alpine", "hearth: -c two: not a number.\n")]
    [InlineData("run --name Web_1 alpine", "hearth: 'Web_1' cannot be a VM's name")]
    [InlineData("run --env-file /nonexistent/x alpine", "hearth: --env-file /nonexistent/x: no such file.\n")]
    [InlineData("run --cap-add NET_MAGIC alpine", "hearth: Unknown capability: NET_MAGIC\n")]
    [InlineData("run --ulimit nofile alpine", "hearth: --ulimit nofile: there is no value.\n")]
    [InlineData("run --tmpfs tmp alpine", "hearth: --tmpfs tmp: the path must be absolute")]
    [InlineData("run --stop-signal NOPE alpine", "hearth: Unknown signal: NOPE\n")]
    [InlineData("run --restart sometimes alpine", "hearth: --restart sometimes: not a policy.\n")]
    [InlineData("run --rm --restart always alpine", "hearth: --rm and --restart exclude each other.\n")]
    [InlineData("run -w tmp alpine", "hearth: The working directory 'tmp' is invalid.\n")]
    [InlineData("run --timeout soon alpine", "hearth: --timeout soon: not a time span.\n")]
    [InlineData("run --idle-suspend soon alpine", "hearth: --idle-suspend soon: not a time span.\n  Write it as 30s, 10m or 1h30m; 0 is never.\n")]
    [InlineData("create --idle-suspend 500ms alpine", "hearth: --idle-suspend 500ms: too short.\n  Give 1s or more, or 0 for never.\n")]
    [InlineData("run --hugepages --idle-suspend 10m alpine", "hearth: --hugepages and --idle-suspend exclude each other.\n")]
    [InlineData("run --detach-keys ctrl-1 alpine", "hearth: --detach-keys ctrl-1: 'ctrl-1' is no key.\n")]
    public async Task A_bad_flag_is_refused_before_anything_is_made(string line, string expected)
    {
        var error = new StringWriter();
        int code = await CommandLine.RunAsync(TestContext.Create(error: error), line.Split(' '));
        code.ShouldBe(ExitCodes.HearthFailed);
        error.ToString().ShouldStartWith(expected);
        Directory.Exists("/nonexistent").ShouldBeFalse();
    }

    [Fact]
    public async Task Help_ends_with_examples()
    {
        var output = new StringWriter();
        (await CommandLine.RunAsync(TestContext.Create(output), ["run", "--help"])).ShouldBe(0);
        output.ToString().TrimEnd().ShouldEndWith("tar c . | hearth run --rm -i @busybox -- tar t");
    }

    [Theory]
    [InlineData("run")]
    [InlineData("create")]
    [InlineData("fork")]
    public async Task Help_says_what_idle_is(string command)
    {
        using var output = new StringWriter();
        (await CommandLine.RunAsync(TestContext.Create(output), [command, "--help"])).ShouldBe(0);
        string words = string.Join(' ', output.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        words.ShouldContain("--idle-suspend <DURATION>");
        words.ShouldContain("less than 5 % of one");
        words.ShouldContain("meant for -d");
    }

    [Theory]
    [InlineData("snapshot", "create", "--help")]
    [InlineData("image", "inspect", "-h")]
    public async Task Help_is_known_at_every_depth(params string[] words)
    {
        using var output = new StringWriter();
        (await CommandLine.RunAsync(TestContext.Create(output), words)).ShouldBe(0);
        output.ToString().ShouldContain($"hearth {words[0]} {words[1]}");
    }

    [Fact]
    public void Every_command_can_be_built_and_has_a_description() =>
        CommandTree.Entries().ShouldAllBe(entry => entry.Create(TestContext.Create(null, null, "/nonexistent/x")).Description!.Length > 0);
}

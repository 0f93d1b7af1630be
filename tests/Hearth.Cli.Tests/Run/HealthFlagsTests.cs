using Hearth.Cli.Run;
using Hearth.Core.Errors;
using Hearth.Core.Specs;

namespace Hearth.Cli.Tests.Run;

public sealed class HealthFlagsTests
{
    private static readonly ImageHealthcheck s_image = new() { Test = ["CMD-SHELL", "curl -f /"], Shell = ["/bin/ash", "-ec"], Interval = TimeSpan.FromSeconds(7), Retries = 9 };

    [Theory]
    [InlineData("curl -f http://localhost/", true, "/bin/sh|-c|curl -f http://localhost/")]
    [InlineData("[\"CMD\", \"curl\", \"-f\"]", false, "curl|-f")]
    [InlineData("[\"curl\", \"-f\"]", false, "curl|-f")]
    [InlineData("[\"CMD-SHELL\", \"exit 1\"]", true, "/bin/sh|-c|exit 1")]
    public void A_command_is_a_line_for_a_shell_or_a_list(string text, bool isShell, string command)
    {
        HealthSpec spec = HealthFlags.Command(text);

        (spec.Kind, spec.IsShell, string.Join('|', spec.Command)).ShouldBe((HealthProbeKind.Command, isShell, command));
    }

    [Theory]
    [InlineData(":8080/healthz", "localhost", 8080, "/healthz")]
    [InlineData("8080/healthz", "localhost", 8080, "/healthz")]
    [InlineData("8080", "localhost", 8080, "/")]
    [InlineData("/up", "localhost", 80, "/up")]
    [InlineData("http://localhost:8080/healthz?deep=1", "localhost", 8080, "/healthz?deep=1")]
    [InlineData("HTTP://shop.local", "shop.local", 80, "/")]
    public void What_to_get_is_a_port_a_path_or_a_URL(string text, string host, int port, string path)
    {
        HealthSpec spec = HealthFlags.Http(text);

        (spec.Kind, spec.Host, spec.Port, spec.Path).ShouldBe((HealthProbeKind.Http, host, port, path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("https://localhost/")]
    [InlineData(":0/")]
    [InlineData(":65536/")]
    [InlineData(":x")]
    [InlineData("localhost:80/")]
    [InlineData("/a b")]
    [InlineData("/a\r\nX: y")]
    [InlineData("http://a\r\nX/")]
    public void What_cannot_be_got_is_refused(string text) => Should.Throw<HearthException>(() => HealthFlags.Http(text)).Code.ShouldBe("health.invalid");

    [Theory]
    [InlineData("0")]
    [InlineData("a")]
    [InlineData("")]
    [InlineData("70000")]
    public void A_port_is_a_port(string text) =>
        Should.Throw<HearthException>(() => HealthFlags.Tcp(text)).Message.ShouldBe($"--health-tcp {text}: the port is not 1 to 65535.");

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("[]")]
    [InlineData("[\"CMD\"]")]
    [InlineData("[1]")]
    [InlineData("[\"CMD-SHELL\", \"a\", \"b\"]")]
    public void A_command_that_is_none_is_refused(string text) => Should.Throw<HearthException>(() => HealthFlags.Command(text)).Code.ShouldBe("health.invalid");

    [Fact]
    public void The_images_check_is_taken_with_its_shell_and_options_change_it()
    {
        HealthSpec spec = new HealthFlags { Timeout = TimeSpan.FromSeconds(2), OnFailure = HealthAction.Stop }.Join(s_image)!;

        spec.Command.ShouldBe(["/bin/ash", "-ec", "curl -f /"]);
        (spec.Interval, spec.Timeout, spec.StartPeriod, spec.StartInterval, spec.Retries, spec.OnFailure).ShouldBe(
            (TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(2), TimeSpan.Zero, TimeSpan.FromSeconds(5), 9, HealthAction.Stop));
    }

    [Fact]
    public void Times_beyond_what_a_timer_takes_are_cut() =>
        new HealthFlags().Join(s_image with { Timeout = TimeSpan.MaxValue })!.Timeout.ShouldBe(TimeSpan.FromDays(30));

    [Fact]
    public void A_check_of_the_command_line_replaces_the_images_and_keeps_its_times()
    {
        HealthSpec spec = new HealthFlags { Probe = HealthFlags.Tcp("80") }.Join(s_image)!;

        (spec.Kind, spec.Port, spec.Interval).ShouldBe((HealthProbeKind.Tcp, 80, TimeSpan.FromSeconds(7)));
    }

    [Fact]
    public void Without_a_check_there_is_nothing_to_say_about_it()
    {
        new HealthFlags().Join(null).ShouldBeNull();
        new HealthFlags { IsOff = true }.Join(s_image).ShouldBeNull();
        Should.Throw<HearthException>(() => new HealthFlags { Retries = 2 }.Join(null)).Message.ShouldBe("--health-retries: there is no health check.");
    }

    [Theory]
    [InlineData(null, true, null)]
    [InlineData("0", true, null)]
    [InlineData("500ms", true, 0.5)]
    [InlineData("1m30s", true, 90.0)]
    [InlineData("-1s", false, null)]
    [InlineData("10us", false, null)]
    public void Times_are_Dockers_and_zero_is_the_default(string? text, bool isRead, double? seconds)
    {
        if (isRead)
        {
            (HealthFlags.Time("--health-interval", text)?.TotalSeconds).ShouldBe(seconds);
        }
        else
        {
            Should.Throw<HearthException>(() => HealthFlags.Time("--health-interval", text)).Code.ShouldBe("duration.invalid");
        }
    }

    [Theory]
    [InlineData("--health-cmd x --health-tcp 1", "--health-cmd and --health-tcp exclude each other.")]
    [InlineData("--no-healthcheck --health-interval 1s", "--no-healthcheck and --health-interval exclude each other.")]
    [InlineData("--health-on-failure panic --health-tcp 1", "--health-on-failure panic: it is not an action.")]
    public void Options_that_make_no_sense_together_are_refused(string options, string message) =>
        Should.Throw<HearthException>(() => Read(options)).Message.ShouldBe(message);

    [Theory]
    [InlineData("--health-cmd x", true, "healthy")]
    [InlineData("--health-tcp 1 --health-interval 9s", true, "healthy")]
    [InlineData("--health-cmd x", false, null)]
    [InlineData("--health-cmd x -i", true, null)]
    [InlineData("--health-cmd x --no-template", true, null)]
    [InlineData("--health-cmd x --snapshot-when never", true, null)]
    [InlineData("--health-cmd x --snapshot-when log:up", true, "log:up")]
    [InlineData("--health-cmd none", true, null)]
    [InlineData("--health-interval 9s", true, null)]
    [InlineData("--snapshot-when healthy", false, "healthy")]
    public void A_detached_run_with_a_check_of_its_own_is_frozen_when_healthy(string options, bool isDetached, string? condition) =>
        FlagReader.FreezeWhenHealthy(Read(options), isDetached).SnapshotWhen.ShouldBe(condition);

    private static VmFlags Read(string text)
    {
        VmOptions options = new();
        System.CommandLine.Command command = new("run");
        options.AddTo(command);
        return FlagReader.Read(options, command.Parse([.. text.Split(' '), "image"]), static _ => null);
    }
}

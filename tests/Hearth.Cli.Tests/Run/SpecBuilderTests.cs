using Hearth.Cli.Run;
using Hearth.Core.Errors;
using Hearth.Core.Specs;

namespace Hearth.Cli.Tests.Run;

public sealed class SpecBuilderTests
{
    private static readonly OciImageConfig s_image = new()
    {
        Entrypoint = ["/entry", "-a"],
        Cmd = ["serve", "now"],
        Env = ["PATH=/opt/bin", "COLOR=red", "DEBUG=0"],
        WorkingDir = "/srv",
        User = "app:app",
        StopSignal = "SIGQUIT",
        ExposedPorts = ["80/tcp"],
        Labels = new Dictionary<string, string> { ["tier"] = "web", ["owner"] = "image" },
    };

    // Image ENTRYPOINT, image CMD, --entrypoint ("none" when not given), command line, what docker run starts.
    [Theory]
    [InlineData("", "", "none", "ls -l", "ls -l")]
    [InlineData("", "sh", "none", "", "sh")]
    [InlineData("", "sh", "none", "ls", "ls")]
    [InlineData("/e a", "", "none", "", "/e a")]
    [InlineData("/e a", "b c", "none", "", "/e a b c")]
    [InlineData("/e a", "b c", "none", "x y", "/e a x y")]
    [InlineData("/e a", "b c", "/other", "", "/other")]
    [InlineData("/e a", "b c", "/other", "x", "/other x")]
    [InlineData("/e a", "b c", "", "x y", "x y")]
    [InlineData("/e a", "b c", "", "", "")]
    public void Entrypoint_and_command_join_as_in_Docker(string entrypoint, string cmd, string flag, string command, string expected)
    {
        var image = new OciImageConfig { Entrypoint = Words(entrypoint), Cmd = Words(cmd) };
        string.Join(' ', SpecBuilder.Arguments(flag == "none" ? null : flag, Words(command), image)).ShouldBe(expected);
    }

    [Fact]
    public void An_image_without_a_command_needs_one()
    {
        var error = Should.Throw<HearthException>(() => Build(new VmFlags { Image = "scratch" }, new OciImageConfig()));
        error.Message.ShouldBe("Image 'scratch' names no command to run.");
    }

    [Fact]
    public void What_no_flag_names_comes_from_the_image()
    {
        VmSpec spec = Build(new VmFlags { Image = "web" }, s_image);
        spec.Container.Process.WorkingDirectory.ShouldBe("/srv");
        spec.Container.Process.User.ShouldBe("app:app");
        spec.Container.StopSignal.ShouldBe("SIGQUIT");
        spec.Container.Hostname.ShouldBe("brave-fox");
        spec.Container.Process.Env.ShouldBe(["PATH=/opt/bin", "HOSTNAME=brave-fox", "COLOR=red", "DEBUG=0"]);
        spec.ExposedPorts.ShouldBe(["80/tcp"]);
        spec.MemoryBytes.ShouldBe(512L << 20);
        spec.Vcpus.ShouldBe(1);
        spec.Container.Cpus.ShouldBe(0);
        spec.EntrypointWords.ShouldBe(2);
    }

    [Fact]
    public void Flags_win_over_the_image()
    {
        VmSpec spec = Build(
            new VmFlags
            {
                Image = "web",
                Env = ["COLOR=blue", "DEBUG", "NEW=1"],
                WorkingDirectory = "/tmp",
                User = "",
                StopSignal = "SIGINT",
                Hostname = "h.example",
                Tty = true,
                Labels = new Dictionary<string, string> { ["owner"] = "me" },
                Cpus = 1.5,
                Entrypoint = "/other",
            },
            s_image);
        spec.Container.Process.WorkingDirectory.ShouldBe("/tmp");
        spec.Container.Process.User.ShouldBe("");
        spec.Container.StopSignal.ShouldBe("SIGINT");
        spec.Container.Process.Env.ShouldBe(["PATH=/opt/bin", "HOSTNAME=h.example", "TERM=xterm", "COLOR=blue", "NEW=1"]);
        spec.Labels.ShouldBe(new Dictionary<string, string> { ["tier"] = "web", ["owner"] = "me" }, ignoreOrder: true);
        spec.Vcpus.ShouldBe(2);
        spec.Container.Cpus.ShouldBe(1.5);
        spec.EntrypointWords.ShouldBe(1);
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static VmSpec Build(VmFlags flags, OciImageConfig image) => SpecBuilder.Build(flags, image, "sha256:0", "brave-fox", DateTimeOffset.UnixEpoch);
}

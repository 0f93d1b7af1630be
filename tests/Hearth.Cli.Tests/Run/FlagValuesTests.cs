using Hearth.Cli.Run;
using Hearth.Core.Errors;
using Hearth.Core.Specs;

namespace Hearth.Cli.Tests.Run;

public sealed class FlagValuesTests
{
    [Theory]
    [InlineData("nofile=1024", 1024, 1024)]
    [InlineData("nofile=1024:2048", 1024, 2048)]
    [InlineData("core=0:-1", 0, -1)]
    [InlineData("memlock=unlimited", -1, -1)]
    public void A_ulimit_has_a_soft_and_a_hard_value(string text, long soft, long hard) =>
        Ulimits.Parse(text).ShouldBe(new UlimitSpec(text[..text.IndexOf('=', StringComparison.Ordinal)], soft, hard));

    [Theory]
    [InlineData("bogus=1")]
    [InlineData("nofile=2:1")]
    [InlineData("nofile=-1:5")]
    [InlineData("nofile=x")]
    [InlineData("nofile=1:2:3")]
    public void A_bad_ulimit_is_refused(string text) => Should.Throw<HearthException>(() => Ulimits.Parse(text)).Code.ShouldBe("ulimit.invalid");

    [Theory]
    [InlineData("/run", "/run", "")]
    [InlineData("/run/:rw,size=64m,mode=1777", "/run", "rw,size=67108864,mode=1777")]
    [InlineData("/run:size=50%,noexec", "/run", "size=50%,noexec")]
    public void A_tmpfs_has_a_path_and_options(string text, string path, string options) =>
        TmpfsMounts.Parse(text).ShouldBe(new KeyValuePair<string, string>(path, options));

    [Theory]
    [InlineData("run")]
    [InlineData("/")]
    [InlineData("/a/../b")]
    [InlineData("/run:size=big")]
    [InlineData("/run:data=/etc")]
    public void A_bad_tmpfs_is_refused(string text) => Should.Throw<HearthException>(() => TmpfsMounts.Parse(text)).Code.ShouldBe("tmpfs.invalid");

    [Theory]
    [InlineData(null, RestartPolicy.No, 0)]
    [InlineData("always", RestartPolicy.Always, 0)]
    [InlineData("on-failure", RestartPolicy.OnFailure, 0)]
    [InlineData("on-failure:3", RestartPolicy.OnFailure, 3)]
    public void Restart_policies_are_Dockers(string? text, RestartPolicy policy, int attempts) => FlagValues.Restart(text).ShouldBe((policy, attempts));

    [Theory]
    [InlineData("always:3")]
    [InlineData("on-failure:-1")]
    [InlineData("on-failure:")]
    public void Other_restart_policies_are_refused(string text) => Should.Throw<HearthException>(() => FlagValues.Restart(text)).Code.ShouldBe("restart.invalid");

    [Theory]
    [InlineData("net_admin", "CAP_NET_ADMIN")]
    [InlineData("CAP_SYS_TIME", "CAP_SYS_TIME")]
    [InlineData("all", "ALL")]
    public void Capabilities_have_one_spelling(string text, string expected) => Capabilities.Require(text).ShouldBe(expected);

    [Theory]
    [InlineData("term", "SIGTERM")]
    [InlineData("SIGHUP", "SIGHUP")]
    [InlineData("9", "SIGKILL")]
    [InlineData("RTMIN+3", "37")]
    public void Signals_have_one_spelling(string text, string expected) => Signals.Require(text).ShouldBe(expected);
}

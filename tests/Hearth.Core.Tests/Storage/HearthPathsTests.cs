using Hearth.Core.Storage;

namespace Hearth.Core.Tests.Storage;

public sealed class HearthPathsTests
{
    [Theory]
    [InlineData("/srv/h", null, "/home/u", false, "/srv/h")]
    [InlineData(null, null, "/root", true, "/var/lib/hearth")]
    [InlineData(null, "/data", "/home/u", false, "/data/hearth")]
    [InlineData(null, null, "/home/u", false, "/home/u/.local/share/hearth")]
    [InlineData("", "", "/home/u", false, "/home/u/.local/share/hearth")]
    public void The_home_follows_the_environment(string? hearthHome, string? xdg, string home, bool root, string expected) =>
        HearthPaths.FromEnvironment(
            name => name switch { "HEARTH_HOME" => hearthHome, "XDG_DATA_HOME" => xdg, "HOME" => home, _ => null }, root).Home.ShouldBe(expected);
}

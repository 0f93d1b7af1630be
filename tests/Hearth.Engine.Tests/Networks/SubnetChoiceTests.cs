using System.Net;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Networks;

namespace Hearth.Engine.Tests.Networks;

public sealed class SubnetChoiceTests
{
    [Theory]
    [InlineData("10.89.0.0/16", "network.overlap", "10.89.3.0/24")]
    [InlineData("10.89.3.64/26", "network.overlap", "network back")]
    [InlineData("fd00::/8", "network.overlap", "fd48:6561:7274::/64")]
    [InlineData("10.0.2.128/25", "network.overlap", "every VM has itself")]
    [InlineData("192.168.1.0/28", "network.overlap", "this host has a route to")]
    [InlineData("10.99.0.0/30", "network.subnet", "no room")]
    [InlineData("fd01::/126", "network.subnet", "no room")]
    public void What_would_hide_something_is_refused(string subnet, string code, string words)
    {
        HearthException refused = Should.Throw<HearthException>(() => Choice().Check(IPNetwork.Parse(subnet)));

        refused.Code.ShouldBe(code);
        refused.Message.ShouldContain(words);
    }

    [Theory]
    [InlineData("10.99.0.0/24")]
    [InlineData("10.99.0.0/29")]
    [InlineData("fd01::/64")]
    public void All_else_is_taken(string subnet) => Choice().Check(IPNetwork.Parse(subnet)).ShouldBe(IPNetwork.Parse(subnet));

    [Fact]
    public void One_that_is_free_is_found_beside_those_of_networks_and_of_the_host()
    {
        SubnetChoice choice = new([Network("one", "10.89.0.0/24"), Network("two", "10.89.2.0/24")], [IPNetwork.Parse("10.89.1.0/25")]);

        choice.Find4().ShouldBe(IPNetwork.Parse("10.89.3.0/24"));
        choice.Find6("three").ShouldBe(choice.Find6("three"));
        choice.Find6("three").ShouldNotBe(choice.Find6("four"));
    }

    [Fact]
    public void When_the_host_routes_all_of_them_elsewhere_there_is_none() =>
        Should.Throw<HearthException>(() => new SubnetChoice([], [IPNetwork.Parse("10.0.0.0/8")]).Find4()).Code.ShouldBe("network.no-subnet");

    private static SubnetChoice Choice() => new([Network("back", "10.89.3.0/24")], [IPNetwork.Parse("192.168.1.0/24")]);

    private static NamedNetwork Network(string name, string subnet) => new() { Name = name, Subnet = subnet, Created = default };
}

using System.CommandLine;
using System.Net;
using Hearth.Cli.Networks;
using Hearth.Core.Errors;
using Hearth.Core.Specs;

namespace Hearth.Cli.Tests.Networks;

public sealed class NetworkOptionsTests
{
    [Theory]
    [InlineData("--network rootless", NetworkMode.Rootless, "")]
    [InlineData("--network back", NetworkMode.Internal, "back")] // To be decided by what that network is.
    [InlineData("--network back --network rootless --net front", NetworkMode.Rootless, "back front")]
    public void One_mode_and_any_number_of_names(string words, NetworkMode mode, string names)
    {
        NetworkSpec spec = Read(words)!;

        (spec.Mode, string.Join(' ', spec.Networks)).ShouldBe((mode, names));
    }

    [Theory]
    [InlineData("--network none --network back", "--network none and --network back exclude each other.")]
    [InlineData("--network rootless --network none", "--network none and --network rootless exclude each other.")]
    [InlineData("--network none -p 80", "--network none and published ports exclude each other.")]
    public void What_contradicts_itself_is_refused(string words, string message)
    {
        HearthException refused = Should.Throw<HearthException>(() => Read(words));

        (refused.Code, refused.Message).ShouldBe(("flags.conflict", message));
    }

    [Theory]
    [InlineData("10.89.7.0/24", "10.89.7.0/24", null)]
    [InlineData("fd00:1::/64 10.89.7.0/24", "10.89.7.0/24", "fd00:1::/64")]
    [InlineData("", null, null)]
    public void A_network_has_one_subnet_of_each_family(string texts, string? subnet, string? subnet6)
    {
        (IPNetwork? ipv4, IPNetwork? ipv6) = SubnetText.Read(texts.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        (ipv4?.ToString(), ipv6?.ToString()).ShouldBe((subnet, subnet6));
    }

    [Theory]
    [InlineData("10.89.7.1/24", "Its first address is 10.89.7.0: give 10.89.7.0/24.")]
    [InlineData("10.89.7.0", "It is written as in 10.89.7.0/24 or fd00:1::/64.")]
    [InlineData("10.89.7.0/33", "It is written as in 10.89.7.0/24 or fd00:1::/64.")]
    [InlineData("back", "It is written as in 10.89.7.0/24 or fd00:1::/64.")]
    [InlineData("10.89.7.0/24 10.89.8.0/24", "Make a second network.")]
    public void What_is_no_subnet_is_refused_with_what_was_meant(string texts, string cure)
    {
        HearthException refused = Should.Throw<HearthException>(() => SubnetText.Read(texts.Split(' ')));

        (refused.Code, refused.Hint).ShouldBe(("network.subnet", cure));
    }

    private static NetworkSpec? Read(string words)
    {
        NetworkOptions options = new();
        Command command = new("run");
        foreach (Option option in options.All)
        {
            command.Options.Add(option);
        }

        return options.Read(command.Parse(words.Split(' ')), static _ => { }).Spec;
    }
}

using System.Net;
using Hearth.Core.Errors;
using Hearth.Networking.Dns;

namespace Hearth.Networking.Tests.Dns;

public sealed class HostResolversTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-resolv-").FullName;

    private string ResolvConf => Path.Combine(_directory, "resolv.conf");

    private string ResolvedConf => Path.Combine(_directory, "resolved.conf");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Servers_search_and_options_are_read_as_resolv_conf_has_them()
    {
        File.WriteAllText(ResolvConf, "# by hand\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 \nnameserver fe80::1%3\nnameserver nonsense\nsearch old.example\nsearch corp.example. lab.example\noptions ndots:2 timeout:1 attempts:3\n");

        ResolverSettings now = Resolvers().Current;

        now.Servers.ShouldBe([EndPoint("192.0.2.1"), EndPoint("2001:db8::1"), EndPoint("fe80::1%3")]);
        now.Servers[2].Address.ScopeId.ShouldBe(3);
        now.Search.ShouldBe(["corp.example", "lab.example"]);
        now.Options.ShouldBe(["ndots:2", "timeout:1", "attempts:3"]);
        (now.Attempts, now.AttemptTimeout).ShouldBe((3, TimeSpan.FromSeconds(1)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("search example.com\n")]
    public void Without_a_server_the_hosts_own_is_asked(string? text)
    {
        if (text is not null)
        {
            File.WriteAllText(ResolvConf, text);
        }

        Resolvers().Current.Servers.ShouldBe([EndPoint("127.0.0.1")]);
    }

    [Fact]
    public void Behind_the_stub_of_resolved_its_own_list_is_taken_and_the_search_of_the_stubs_file()
    {
        File.WriteAllText(ResolvConf, "nameserver 127.0.0.53\nsearch corp.example\n");
        File.WriteAllText(ResolvedConf, "nameserver 192.0.2.7\nnameserver 192.0.2.8\nnameserver 192.0.2.9\nnameserver 192.0.2.10\n");

        ResolverSettings now = Resolvers().Current;

        now.Servers.Select(static server => server.Address.ToString()).ShouldBe(["192.0.2.7", "192.0.2.8", "192.0.2.9", "192.0.2.10"]);
        now.Search.ShouldBe(["corp.example"]);
    }

    [Fact]
    public void A_stub_without_a_list_behind_it_is_asked_itself()
    {
        File.WriteAllText(ResolvConf, "nameserver 127.0.0.53\n");
        Resolvers().Current.Servers.ShouldBe([EndPoint("127.0.0.53")]);

        File.WriteAllText(ResolvedConf, "# no servers\n");
        Resolvers().Current.Servers.ShouldBe([EndPoint("127.0.0.53")]);
    }

    [Fact]
    public void A_stub_beside_another_server_is_the_hosts_choice()
    {
        File.WriteAllText(ResolvConf, "nameserver 127.0.0.53\nnameserver 192.0.2.1\n");
        File.WriteAllText(ResolvedConf, "nameserver 192.0.2.7\n");

        Resolvers().Current.Servers.ShouldBe([EndPoint("127.0.0.53"), EndPoint("192.0.2.1")]);
    }

    [Fact]
    public void A_file_that_was_replaced_is_read_again()
    {
        File.WriteAllText(ResolvConf, "nameserver 192.0.2.1\n");
        HostResolvers resolvers = Resolvers();
        resolvers.Current.Servers.ShouldBe([EndPoint("192.0.2.1")]);

        File.WriteAllText(ResolvConf + ".new", "nameserver 192.0.2.2\n");
        File.Move(ResolvConf + ".new", ResolvConf, overwrite: true);

        resolvers.Current.Servers.ShouldBe([EndPoint("192.0.2.2")]);
        File.Delete(ResolvConf);
        resolvers.Current.Servers.ShouldBe([EndPoint("127.0.0.1")]);
    }

    [Fact]
    public void Servers_and_domains_of_the_user_replace_the_hosts()
    {
        File.WriteAllText(ResolvConf, "nameserver 192.0.2.1\nsearch corp.example\n");

        new HostResolvers(["2620:fe::fe"], ["."], ResolvConf, ResolvedConf).Current.ShouldSatisfyAllConditions(
            static now => now.Servers.ShouldBe([EndPoint("2620:fe::fe")]), static now => now.Search.ShouldBeEmpty());
        new HostResolvers([], ["a.example"], ResolvConf, ResolvedConf).Current.ShouldSatisfyAllConditions(
            static now => now.Servers.ShouldBe([EndPoint("192.0.2.1")]), static now => now.Search.ShouldBe(["a.example"]));
    }

    [Fact]
    public void What_is_no_address_and_what_is_no_domain_is_refused()
    {
        Should.Throw<HearthException>(static () => new HostResolvers(["dns.example"], [])).Message.ShouldBe("--dns 'dns.example': that is no IP address.");
        Should.Throw<HearthException>(static () => new HostResolvers([], ["a..b"])).Code.ShouldBe("dns.invalid");
    }

    private static IPEndPoint EndPoint(string address) => new(IPAddress.Parse(address), 53);

    private HostResolvers Resolvers() => new([], [], ResolvConf, ResolvedConf);
}

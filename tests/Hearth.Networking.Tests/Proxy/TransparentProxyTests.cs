using System.Net;
using System.Net.Sockets;
using System.Text;
using Hearth.Core.Specs;
using Hearth.Networking.Connections;
using Hearth.Networking.Proxy;
using Hearth.Networking.Tests.Egress;
using static Hearth.Networking.Tests.Proxy.ProxyFixture;

namespace Hearth.Networking.Tests.Proxy;

public sealed class TransparentProxyTests
{
    private const string Good = "GET / HTTP/1.1\r\nHost: good.example\r\n\r\n";
    private const string Evil = "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n";

    [Fact]
    public async Task A_name_that_the_address_was_given_for_is_connected_to_there()
    {
        await using ProxyFixture proxy = new(["good.example"]);
        proxy.Grant("good.example", "203.0.113.1");
        byte[] hello = ClientHelloTests.Hello("good.example");

        Socket guest = proxy.ConnectGuest();
        await guest.SendAsync(hello);
        Socket server = await proxy.AcceptAsync();

        (await ReadAsync(server, hello.Length)).ShouldBe(Encoding.Latin1.GetString(hello));
        proxy.Connected.ShouldBe(["203.0.113.1:443"]);
        proxy.Log.ShouldBe(["""{"decision":"allow","protocol":"tcp","destination":"203.0.113.1:443","name":"good.example","rule":"--allow good.example","count":1}"""]);
    }

    [Fact]
    public async Task A_guest_that_lies_about_the_name_gets_the_host_of_that_name()
    {
        await using ProxyFixture proxy = new(["good.example"]);
        proxy.Names["good.example"] = "198.51.100.7";
        proxy.Destination = new IPEndPoint(IPAddress.Parse("203.0.113.66"), 443);

        Socket guest = proxy.ConnectGuest();
        await guest.SendAsync(ClientHelloTests.Hello("good.example"));
        await proxy.AcceptAsync();

        proxy.Connected.ShouldBe(["198.51.100.7:443"]);
    }

    [Fact]
    public async Task A_name_that_leads_to_a_private_address_leads_nowhere()
    {
        await using ProxyFixture proxy = new(["good.example"]);
        proxy.Names["good.example"] = "10.0.0.1";

        Socket guest = proxy.ConnectGuest();
        await guest.SendAsync(ClientHelloTests.Hello("good.example"));

        await ShouldBeResetAsync(guest);
        proxy.Connected.ShouldBeEmpty();
        proxy.Log.ShouldHaveSingleItem().ShouldContain("\"rule\":\"the name has no address that may be reached\"");
    }

    [Theory]
    [InlineData(443)]
    [InlineData(80)]
    [InlineData(8444)]
    public async Task Another_name_is_reset_even_at_an_address_that_was_given_for_a_listed_one(int port)
    {
        await using ProxyFixture proxy = new(["good.example"]);
        proxy.Grant("good.example", "203.0.113.1");
        proxy.Destination = new IPEndPoint(IPAddress.Parse("203.0.113.1"), port);

        Socket overTls = proxy.ConnectGuest();
        await overTls.SendAsync(ClientHelloTests.Hello("evil.example"));
        Socket overHttp = proxy.ConnectGuest();
        await SendAsync(overHttp, Evil);

        await ShouldBeResetAsync(overTls);
        await ShouldBeResetAsync(overHttp);
        proxy.Log.ShouldContain($$"""{"decision":"deny","protocol":"tcp","destination":"203.0.113.1:{{port}}","name":"evil.example","rule":"--egress list","count":1}""");
    }

    [Fact]
    public async Task An_address_that_was_given_for_nothing_is_reset_before_a_byte_is_sent()
    {
        await using ProxyFixture proxy = new(["good.example"]);
        proxy.Destination = new IPEndPoint(IPAddress.Parse("203.0.113.66"), 22);

        await ShouldBeResetAsync(proxy.ConnectGuest());
        proxy.Connected.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_speaks_first_is_heard_where_the_address_decides()
    {
        await using ProxyFixture proxy = new(["good.example:22"]);
        proxy.Grant("good.example", "203.0.113.1");
        proxy.Destination = new IPEndPoint(IPAddress.Parse("203.0.113.1"), 22);

        Socket guest = proxy.ConnectGuest();
        Socket server = await proxy.AcceptAsync();
        await SendAsync(server, "SSH-2.0-server\r\n");
        (await ReadAsync(guest, 16)).ShouldBe("SSH-2.0-server\r\n");
        await SendAsync(guest, "SSH-2.0-client\r\n");

        (await ReadAsync(server, 16)).ShouldBe("SSH-2.0-client\r\n");
    }

    [Fact]
    public async Task On_a_port_of_names_silence_ends_with_the_bound_and_then_the_address_decides()
    {
        await using ProxyFixture proxy = new(["good.example"]);
        proxy.Grant("good.example", "203.0.113.1");

        Socket silent = proxy.ConnectGuest();
        Socket halfway = proxy.ConnectGuest();
        await SendAsync(halfway, "GET / HT");
        await UntilAsync(() => proxy.Proxy.Connections == 2);
        await UntilAsync(() => halfway.Available == 0 && proxy.Time.Timers >= 2);
        proxy.Time.Advance(TimeSpan.FromSeconds(11));

        Socket server = await proxy.AcceptAsync();
        await SendAsync(server, "hello");
        (await ReadAsync(silent, 5)).ShouldBe("hello");
        await ShouldBeResetAsync(halfway);
    }

    [Fact]
    public async Task The_next_request_of_a_kept_connection_is_checked_too()
    {
        await using ProxyFixture proxy = new(["good.example"]);
        proxy.Grant("good.example", "203.0.113.1");
        proxy.Destination = new IPEndPoint(IPAddress.Parse("203.0.113.1"), 80);

        Socket guest = proxy.ConnectGuest();
        await SendAsync(guest, Good);
        Socket server = await proxy.AcceptAsync();
        (await ReadAsync(server, Good.Length)).ShouldBe(Good);
        await SendAsync(server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await ReadAsync(guest, 38);
        await SendAsync(guest, Evil);

        await ShouldBeResetAsync(guest);
        await ShouldBeResetAsync(server);
    }

    [Fact]
    public async Task A_websocket_goes_on_after_the_servers_answer()
    {
        const string Request = "GET / HTTP/1.1\r\nHost: good.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
        const string Answer = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
        await using ProxyFixture proxy = new(["good.example"]);
        proxy.Grant("good.example", "203.0.113.1");
        proxy.Destination = new IPEndPoint(IPAddress.Parse("203.0.113.1"), 80);

        Socket guest = proxy.ConnectGuest();
        await SendAsync(guest, Request);
        Socket server = await proxy.AcceptAsync();
        await ReadAsync(server, Request.Length);
        await SendAsync(server, Answer[..5]);
        await SendAsync(server, Answer[5..]);
        await ReadAsync(guest, Answer.Length);
        await SendAsync(guest, "\u0081\u0002hi");

        (await ReadAsync(server, 4)).ShouldBe("\u0081\u0002hi");
    }

    [Fact]
    public async Task The_end_of_one_direction_leaves_the_other_open()
    {
        await using ProxyFixture proxy = new(["203.0.113.0/24"]);

        Socket guest = proxy.ConnectGuest();
        Socket server = await proxy.AcceptAsync();
        await SendAsync(guest, "question");
        guest.Shutdown(SocketShutdown.Send);
        (await ReadAsync(server, 8)).ShouldBe("question");
        await ShouldEndAsync(server);
        await SendAsync(server, "answer");
        (await ReadAsync(guest, 6)).ShouldBe("answer");
        server.Shutdown(SocketShutdown.Send);

        await ShouldEndAsync(guest);
        await UntilAsync(() => proxy.Proxy.Connections == 0);
    }

    [Fact]
    public async Task A_side_that_does_not_read_stops_the_other()
    {
        await using ProxyFixture proxy = new(["203.0.113.0/24"]);
        Socket guest = proxy.ConnectGuest();
        Socket server = await proxy.AcceptAsync();
        byte[] block = new byte[1 << 20];
        long sent = 0;
        guest.Blocking = false;

        // The buffers of two connections and of the proxy: far less than what is offered.
        bool isStopped = await UntilAsync(() =>
        {
            int step = guest.Send(block, SocketFlags.None, out SocketError error);
            sent += error == SocketError.Success ? step : 0;
            return error == SocketError.WouldBlock && guest.Poll(TimeSpan.FromMilliseconds(300), SelectMode.SelectWrite) is false;
        });

        isStopped.ShouldBeTrue();
        sent.ShouldBeLessThan(64L << 20);
        (await ReadAsync(server, (int)Math.Min(sent, 1 << 20))).Length.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_reset_of_the_server_is_a_reset_for_the_guest()
    {
        await using ProxyFixture proxy = new(["203.0.113.0/24"]);
        Socket guest = proxy.ConnectGuest();
        Socket server = await proxy.AcceptAsync();

        server.Reset();

        await ShouldBeResetAsync(guest);
    }

    [Fact]
    public async Task A_change_of_policy_ends_what_it_denies_and_nothing_else()
    {
        await using ProxyFixture proxy = new(["good.example", "203.0.113.2"]);
        proxy.Grant("good.example", "203.0.113.1");
        Socket byName = proxy.ConnectGuest();
        await byName.SendAsync(ClientHelloTests.Hello("good.example"));
        await proxy.AcceptAsync();
        proxy.Destination = new IPEndPoint(IPAddress.Parse("203.0.113.2"), 443);
        Socket byAddress = proxy.ConnectGuest();
        Socket server = await proxy.AcceptAsync();
        await SendAsync(byAddress, "before");
        await ReadAsync(server, 6);

        proxy.Gate.Replace(EgressPolicyTests.Policy(EgressMode.List, ["203.0.113.2"], []));
        proxy.Gate.ReportChanged();

        await ShouldBeResetAsync(byName);
        await SendAsync(byAddress, "after");
        (await ReadAsync(server, 5)).ShouldBe("after");
    }

    [Fact]
    public async Task With_denials_alone_the_rest_passes_and_the_denied_name_does_not()
    {
        await using ProxyFixture proxy = new([], ["*.evil.example", "evil.example"]);

        Socket guest = proxy.ConnectGuest();
        await guest.SendAsync(ClientHelloTests.Hello("fine.example"));
        await proxy.AcceptAsync();
        Socket denied = proxy.ConnectGuest();
        await denied.SendAsync(ClientHelloTests.Hello("www.evil.example"));

        await ShouldBeResetAsync(denied);
        proxy.Connected.ShouldBe(["203.0.113.1:443"]);
    }

    [Fact]
    public async Task The_hosts_address_is_reached_when_the_user_gave_access_to_it()
    {
        await using ProxyFixture proxy = new(["good.example"], hostAccess: new Dictionary<IPAddress, IPAddress> { [IPAddress.Parse("10.0.2.2")] = IPAddress.Loopback });
        proxy.Destination = new IPEndPoint(IPAddress.Parse("10.0.2.2"), 5432);

        proxy.ConnectGuest();
        await proxy.AcceptAsync();

        proxy.Connected.ShouldBe(["127.0.0.1:5432"]);
    }

    [Fact]
    public async Task More_connections_than_the_bound_are_reset_and_so_is_one_that_was_not_redirected()
    {
        await using ProxyFixture proxy = new(["203.0.113.0/24"], options: new ProxyOptions { MaxConnections = 1 });
        proxy.ConnectGuest();
        Socket server = await proxy.AcceptAsync();

        await ShouldBeResetAsync(proxy.ConnectGuest());

        server.Reset();
        await UntilAsync(() => proxy.Proxy.Connections == 0);
        proxy.Destination = null;
        await ShouldBeResetAsync(proxy.ConnectGuest());
    }

    /// <summary>Waits for what has no event of its own, within a bound.</summary>
    private static async Task<bool> UntilAsync(Func<bool> condition)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(5));
        for (int i = 0; i < 2000; i++)
        {
            if (condition())
            {
                return true;
            }

            await timer.WaitForNextTickAsync();
        }

        return false;
    }
}

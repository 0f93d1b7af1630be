using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Networking.Ports;

namespace Hearth.Networking.Tests.Ports;

public sealed class PortTextTests
{
    [Theory]
    [InlineData("80", "127.0.0.1", 0, 80, PortProtocol.Tcp)]
    [InlineData("8080:80", "127.0.0.1", 8080, 80, PortProtocol.Tcp)]
    [InlineData("0.0.0.0:8080:80", "0.0.0.0", 8080, 80, PortProtocol.Tcp)]
    [InlineData("127.0.0.2::80", "127.0.0.2", 0, 80, PortProtocol.Tcp)]
    [InlineData("[::1]:8080:80/tcp", "::1", 8080, 80, PortProtocol.Tcp)]
    [InlineData("[::]::53/udp", "::", 0, 53, PortProtocol.Udp)]
    [InlineData("0:53/udp", "127.0.0.1", 0, 53, PortProtocol.Udp)]
    public void One_port_is_read(string text, string bind, int host, int guest, PortProtocol protocol) =>
        PortText.Parse(text).ShouldBe([new PublishedPort(bind, host, guest, protocol)]);

    [Fact]
    public void Ranges_are_paired()
    {
        PortText.Parse("8000-8002:80-82").Select(static p => (p.HostPort, p.GuestPort)).ShouldBe([(8000, 80), (8001, 81), (8002, 82)]);
        PortText.Parse("80-81/udp").Select(static p => (p.HostPort, p.GuestPort)).ShouldBe([(0, 80), (0, 81)]);
        PortText.Parse("0:80-81").Select(static p => (p.HostPort, p.GuestPort)).ShouldBe([(0, 80), (0, 81)]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("web")]
    [InlineData("80/sctp")]
    [InlineData("1:2:3:4")]
    [InlineData("example:80:80")]
    [InlineData("1.2.3:80:80")]
    [InlineData("[::1:80:80")]
    [InlineData("8000-8002:80-81")]
    [InlineData("82-80")]
    [InlineData("1-65535")]
    [InlineData("80:")]
    [InlineData("-1:80")]
    public void What_is_none_is_refused_with_what_was_written(string text)
    {
        HearthException refused = Should.Throw<HearthException>(() => PortText.Parse(text));

        refused.Code.ShouldBe("port.invalid");
        refused.Message.ShouldContain($"'{text}'");
        refused.ExitCode.ShouldBe(ExitCodes.Usage);
    }

    [Fact]
    public void Both_sides_are_written_as_they_are_read()
    {
        PortText.HostSide(new PublishedPort("::1", 8080, 80, PortProtocol.Tcp)).ShouldBe("[::1]:8080");
        PortText.HostSide(new PublishedPort("127.0.0.1", 8080, 80, PortProtocol.Tcp)).ShouldBe("127.0.0.1:8080");
        PortText.GuestSide(new PublishedPort("::1", 8080, 80, PortProtocol.Udp)).ShouldBe("80/udp");
    }
}

using System.Globalization;
using System.Net;
using Hearth.Core.Errors;
using Hearth.Core.Specs;

namespace Hearth.Networking.Ports;

/// <summary>Published ports as users of Docker write them: <c>[BIND:][HOST:]GUEST[/tcp|udp]</c>, with ranges on both sides.</summary>
public static class PortText
{
    private const int MostPorts = 4096;

    /// <exception cref="HearthException"><c>port.invalid</c>.</exception>
    public static IReadOnlyList<PublishedPort> Parse(string text)
    {
        int slash = text.LastIndexOf('/');
        PortProtocol protocol = slash < 0 ? PortProtocol.Tcp : text[(slash + 1)..] switch
        {
            "tcp" => PortProtocol.Tcp,
            "udp" => PortProtocol.Udp,
            var other => throw Invalid(text, $"'{other}' is neither tcp nor udp"),
        };
        string rest = slash < 0 ? text : text[..slash];
        string bind = "127.0.0.1";
        if (rest.StartsWith('['))
        {
            int close = rest.IndexOf("]:", StringComparison.Ordinal);
            bind = close > 0 ? rest[1..close] : throw Invalid(text, "an IPv6 address is written [ADDRESS]:HOST:GUEST");
            rest = rest[(close + 2)..];
        }
        else if (rest.Split(':') is [var address, var host, var guest])
        {
            bind = address;
            rest = $"{host}:{guest}";
        }

        if (!IPAddress.TryParse(bind, out _) || (bind.Contains('.', StringComparison.Ordinal) && bind.Split('.').Length != 4))
        {
            throw Invalid(text, $"'{bind}' is no address");
        }

        return rest.Split(':') switch
        {
            [var guest] => [.. Range(text, guest, least: 1).Select(port => new PublishedPort(bind, 0, port, protocol))],
            ["", var guest] => [.. Range(text, guest, least: 1).Select(port => new PublishedPort(bind, 0, port, protocol))],
            [var host, var guest] => Pair(text, bind, [.. Range(text, host, least: 0)], [.. Range(text, guest, least: 1)], protocol),
            _ => throw Invalid(text, "it has too many colons"),
        };
    }

    /// <summary><c>127.0.0.1:8080</c>, as <c>port</c> prints it.</summary>
    public static string HostSide(PublishedPort port) =>
        string.Create(CultureInfo.InvariantCulture, $"{(port.Bind.Contains(':', StringComparison.Ordinal) ? $"[{port.Bind}]" : port.Bind)}:{port.HostPort}");

    /// <summary><c>80/tcp</c>.</summary>
    public static string GuestSide(PublishedPort port) => string.Create(CultureInfo.InvariantCulture, $"{port.GuestPort}/{Word(port.Protocol)}");

    public static string Word(PortProtocol protocol) => protocol == PortProtocol.Tcp ? "tcp" : "udp";

    private static PublishedPort[] Pair(string text, string bind, int[] hosts, int[] guests, PortProtocol protocol)
    {
        if (hosts is [0])
        {
            hosts = new int[guests.Length];
        }

        return hosts.Length == guests.Length
            ? [.. hosts.Zip(guests, (host, guest) => new PublishedPort(bind, host, guest, protocol))]
            : throw Invalid(text, $"{hosts.Length} ports of the host are not {guests.Length} of the guest");
    }

    private static IEnumerable<int> Range(string text, string range, int least)
    {
        int dash = range.IndexOf('-', StringComparison.Ordinal);
        int first = Number(text, dash < 0 ? range : range[..dash], least);
        int last = dash < 0 ? first : Number(text, range[(dash + 1)..], least);
        return last >= first && last - first < MostPorts
            ? Enumerable.Range(first, last - first + 1)
            : throw Invalid(text, last < first ? $"the range {range} ends before it begins" : $"a range has at most {MostPorts} ports");
    }

    private static int Number(string text, string word, int least) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port >= least && port <= IPEndPoint.MaxPort
            ? port
            : throw Invalid(text, $"'{word}' is no port from 1 to {IPEndPoint.MaxPort}");

    private static HearthException Invalid(string text, string cause) => new(
        "port.invalid", $"'{text}' is no port to publish: {cause}.", "It is written [BIND:][HOST:]GUEST[/tcp|udp], for instance 8080:80 or 127.0.0.1:5353:53/udp.", ExitCodes.Usage);
}

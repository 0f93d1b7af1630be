using System.Globalization;

namespace Hearth.Networking.Egress;

/// <summary>Ports from one to another, both included.</summary>
public readonly record struct PortRange(int First, int Last)
{
    public bool Contains(int port) => port >= First && port <= Last;

    public override string ToString() => First == Last ? First.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");

    internal static bool TryParse(string text, out PortRange range)
    {
        string[] ends = text.Split('-');
        bool parsed = TryParsePort(ends[0], out int first);
        int last = first;
        parsed = parsed && (ends.Length == 1 || (ends.Length == 2 && TryParsePort(ends[1], out last))) && last >= first;
        range = new PortRange(first, last);
        return parsed;
    }

    private static bool TryParsePort(string text, out int port) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535;
}

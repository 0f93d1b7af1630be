using System.Net;

namespace Hearth.Networking.Kernel;

/// <summary>A VM in the host's rules.</summary>
/// <param name="VmId">Whose it is.</param>
/// <param name="Interface">The host's end.</param>
/// <param name="Address">What it may send from.</param>
/// <param name="Address6">Likewise; null for none.</param>
/// <param name="IsOpen6">Its IPv6 address is the world's: not translated, and who wants may connect to it.</param>
/// <param name="Proxy">The interface on whose link the host answers for that address; null: nowhere.</param>
internal sealed record HostGuest(string VmId, string Interface, IPAddress Address, IPAddress? Address6, bool IsOpen6, string? Proxy)
{
    private const string None = "-";

    /// <summary>One line, as the record of VMs has it.</summary>
    public string Format() => string.Join(' ', VmId, Interface, Address, Address6?.ToString() ?? None, IsOpen6 ? "open" : "closed", Proxy ?? None);

    /// <summary>Null when it is torn: nothing was done by it then.</summary>
    public static HostGuest? Parse(string line) =>
        line.TrimEnd('\n').Split(' ') is [var id, var link, var old, var now, var open, var proxy] && IPAddress.TryParse(old, out IPAddress? address)
            ? new HostGuest(id, link, address, IPAddress.TryParse(now, out IPAddress? address6) ? address6 : null, open == "open", proxy == None ? null : proxy)
            : null;
}

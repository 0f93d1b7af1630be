using Hearth.Linux.Abi;
using Hearth.Linux.Guest;

namespace Hearth.Linux.Routing;

/// <summary>What a socket of <see cref="Namespaces.NetworkNamespace.OpenLinkEvents"/> tells.</summary>
public static class LinkEvent
{
    /// <summary>Whether one of the messages is about an interface of that name that there is now.</summary>
    public static bool Names(ReadOnlySpan<byte> datagram, string name)
    {
        NetlinkMessages messages = new(datagram);
        while (messages.MoveNext())
        {
            if (messages.Type == RouteMessages.RTM_NEWLINK && NetworkLink.TryParse(messages.Payload, out NetworkLink? link) && link.Name == name)
            {
                return true;
            }
        }

        return false;
    }
}

using System.Net;
using System.Net.Sockets;
using Hearth.Linux.Abi;

namespace Hearth.Linux.Routing;

/// <content>Routes by where a packet comes from (ip-rule(8)).</content>
public sealed partial class RouteSocket
{
    /// <summary>Before the main table (32766), behind the local one (0).</summary>
    private const int SourcePriority = 1000;

    /// <summary>Packets from an address have a table of routes of their own. Once for an address and table.</summary>
    /// <param name="source">The address alone.</param>
    /// <param name="table">1 to 252.</param>
    public void AddSource(IPAddress source, byte table) => Call(SourceRule(RouteRules.RTM_NEWRULE, RouteMessages.NLM_F_CREATE | RouteMessages.NLM_F_EXCL, source, table), $"routes from {source}");

    public void RemoveSource(IPAddress source, byte table) => Call(SourceRule(RouteRules.RTM_DELRULE, 0, source, table), $"routes from {source}");

    /// <summary>A route on the link.</summary>
    /// <param name="destination">Its network.</param>
    /// <param name="index">The interface; 0: who goes there is told that it is unreachable.</param>
    /// <param name="table">1 to 254, which is the main one.</param>
    public void AddLinkRoute(IPNetwork destination, int index, byte table = RouteMessages.RT_TABLE_MAIN) =>
        Call(LinkRoute(RouteMessages.RTM_NEWROUTE, RouteMessages.NLM_F_CREATE | RouteMessages.NLM_F_REPLACE, destination, index, table), $"route to {destination}");

    public void RemoveLinkRoute(IPNetwork destination, int index, byte table = RouteMessages.RT_TABLE_MAIN) =>
        Call(LinkRoute(RouteRules.RTM_DELROUTE, 0, destination, index, table), $"route to {destination}");

    /// <summary>Takes away a route by whatever gateway, if there is one.</summary>
    /// <param name="index">The interface.</param>
    /// <param name="destination">Its network; with prefix 0 the default route.</param>
    public void RemoveRouteIfThere(int index, IPNetwork destination)
    {
        RouteRequest request = RouteRequest.Of(RouteRules.RTM_DELROUTE, 0, new RouteMessages.rtmsg
        {
            rtm_family = Family(destination.BaseAddress),
            rtm_dst_len = (byte)destination.PrefixLength,
            rtm_table = RouteMessages.RT_TABLE_MAIN,
            rtm_scope = RouteRules.RT_SCOPE_NOWHERE, // Any.
        });
        _ = destination.PrefixLength > 0 ? request.With(RouteMessages.RTA_DST, destination.BaseAddress) : request;
        try
        {
            Call(request.With(RouteMessages.RTA_OIF, index), $"route to {destination}");
        }
        catch (ErrnoException e) when (e.Errno == Errno.ESRCH)
        {
            // It went with the address that it was from.
        }
    }

    private static RouteRequest SourceRule(ushort type, int flags, IPAddress source, byte table) => RouteRequest.Of(type, flags, new RouteRules.fib_rule_hdr
    {
        family = Family(source),
        src_len = source.AddressFamily == AddressFamily.InterNetwork ? (byte)32 : (byte)128,
        table = table,
        action = RouteRules.FR_ACT_TO_TBL,
    }).With(RouteRules.FRA_SRC, source).With(RouteRules.FRA_PRIORITY, SourcePriority);

    private static RouteRequest LinkRoute(ushort type, int flags, IPNetwork destination, int index, byte table)
    {
        bool leads = index > 0;
        RouteRequest request = RouteRequest.Of(type, flags, new RouteMessages.rtmsg
        {
            rtm_family = Family(destination.BaseAddress),
            rtm_dst_len = (byte)destination.PrefixLength,
            rtm_table = table,
            rtm_protocol = RouteMessages.RTPROT_STATIC,
            rtm_scope = leads && destination.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? RouteMessages.RT_SCOPE_LINK : RouteMessages.RT_SCOPE_UNIVERSE,
            rtm_type = leads ? RouteMessages.RTN_UNICAST : RouteRules.RTN_UNREACHABLE,
        });
        _ = destination.PrefixLength > 0 ? request.With(RouteMessages.RTA_DST, destination.BaseAddress) : request;
        return leads ? request.With(RouteMessages.RTA_OIF, index) : request;
    }
}

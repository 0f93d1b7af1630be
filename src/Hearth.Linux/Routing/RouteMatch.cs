namespace Hearth.Linux.Routing;

/// <summary>The entry of the routing tables that an address falls under.</summary>
/// <param name="Prefix">Bits of its destination; 0 is the default route.</param>
/// <param name="IsReachable">It leads through an interface; false when it refuses, or is about an address of this host's own.</param>
/// <param name="Interface">The kernel's number of it; null when there are several, or none.</param>
/// <param name="HasGateway">False: the destination is on the interface's own link.</param>
public sealed record RouteMatch(int Prefix, bool IsReachable, int? Interface, bool HasGateway)
{
    public bool IsDefault => Prefix == 0 && IsReachable;
}

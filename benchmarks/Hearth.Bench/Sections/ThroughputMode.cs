using System.Net;
using Hearth.Bench.Floors;

namespace Hearth.Bench.Sections;

/// <summary>A mode of <c>--network</c>, and the peer that it is held against.</summary>
/// <param name="Name">As typed.</param>
/// <param name="Peer">The peer's name for people.</param>
/// <param name="OpenPeer">Makes the peer's network, of the address on this host's loopback that its published port has, and of the guest's port behind it.</param>
internal sealed record ThroughputMode(string Name, string Peer, Func<IPEndPoint, int, IPeerNetwork> OpenPeer);

using System.Net;

namespace Hearth.Networking.Egress;

/// <summary>An address that our resolver gave the guest.</summary>
/// <param name="Address">The address.</param>
/// <param name="Names">What it was given for.</param>
/// <param name="Remaining">Until the last of the names ends.</param>
public sealed record GrantedAddress(IPAddress Address, IReadOnlyList<string> Names, TimeSpan Remaining);

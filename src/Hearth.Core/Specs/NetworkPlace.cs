namespace Hearth.Core.Specs;

/// <summary>A VM's addresses on a named network.</summary>
/// <param name="Network">Its name.</param>
/// <param name="Address">IPv4.</param>
/// <param name="Address6">Null on a network without IPv6.</param>
public sealed record NetworkPlace(string Network, string Address, string? Address6 = null);

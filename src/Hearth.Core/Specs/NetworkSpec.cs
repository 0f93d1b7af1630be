namespace Hearth.Core.Specs;

/// <summary>How a VM reaches others, and they it.</summary>
public sealed record NetworkSpec
{
    public NetworkMode Mode { get; init; } = NetworkMode.Rootless;

    /// <summary>Named networks that it is on, beside that.</summary>
    public IReadOnlyList<string> Networks { get; init => field = value ?? []; } = [];

    /// <summary>Ports of the guest that are ports of the host.</summary>
    public IReadOnlyList<PublishedPort> Ports { get; init => field = value ?? []; } = [];

    /// <summary>Resolvers to ask instead of the host's.</summary>
    public IReadOnlyList<string> Dns { get; init => field = value ?? []; } = [];

    /// <summary>Domains to search instead of the host's.</summary>
    public IReadOnlyList<string> DnsSearch { get; init => field = value ?? []; } = [];

    /// <summary>Lines for /etc/hosts: <c>ADDRESS NAME</c>.</summary>
    public IReadOnlyList<string> Hosts { get; init => field = value ?? []; } = [];

    /// <summary>The guest reaches services on the host's loopback, by the name host.hearth.internal.</summary>
    public bool HostAccess { get; init; }

    /// <summary>Ports of the guest's loopback that are those of the host's (TCP).</summary>
    public IReadOnlyList<int> ForwardLocalhost { get; init => field = value ?? []; } = [];

    /// <summary>The most that the guest sends, and the most that it is sent, in bits per second; null: no bound.</summary>
    public long? BitsPerSecond { get; init; }

    /// <summary>Where a routed guest's IPv6 address is from, as <c>2001:db8:7::/64</c>; null: the prefix of the host's interface.</summary>
    public string? Ipv6Prefix { get; init; }

    /// <summary>What the guest may reach; null is everything.</summary>
    public EgressSettings? Egress { get; init; }

    /// <summary>The same, on a named network or off it.</summary>
    public NetworkSpec WithNetwork(string name, bool isOn) => this with { Networks = isOn ? [.. Networks.Where(other => other != name), name] : [.. Networks.Where(other => other != name)] };
}

public enum NetworkMode
{
    /// <summary>Through a namespace of the VM's own and pasta: no privilege anywhere.</summary>
    Rootless,

    /// <summary>Nowhere but to the neighbours on its named networks.</summary>
    Internal,

    /// <summary>Through the host's kernel, which translates addresses: needs root.</summary>
    Bridged,

    /// <summary>As <see cref="Bridged"/>, but with an IPv6 address of the world's own.</summary>
    Routed,
}

/// <summary>A port of the guest that is a port of the host.</summary>
/// <param name="Bind">The host's address that it is bound to.</param>
/// <param name="HostPort">The host's port; 0 is any that is free.</param>
/// <param name="GuestPort">The guest's port.</param>
/// <param name="Protocol">How it is spoken to.</param>
public sealed record PublishedPort(string Bind, int HostPort, int GuestPort, PortProtocol Protocol);

public enum PortProtocol
{
    Tcp,
    Udp,
}

using System.Text.Json.Serialization;
using Hearth.Core.Specs;

namespace Hearth.Protocol.Agent;

/// <summary>
/// What a supervisor asks of its agent: the first frame of a stream to <see cref="AgentPorts.Service"/>. Every stream
/// carries one request and its answer.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "op")]
[JsonDerivedType(typeof(MountRootRequest), "mountRoot")]
[JsonDerivedType(typeof(PrepareRequest), "prepare")]
[JsonDerivedType(typeof(RunRequest), "run")]
[JsonDerivedType(typeof(RehearseRequest), "rehearse")]
[JsonDerivedType(typeof(ReattachRequest), "reattach")]
[JsonDerivedType(typeof(GuestExecRequest), "exec")]
[JsonDerivedType(typeof(DialRequest), "dial")]
[JsonDerivedType(typeof(GuestSignalRequest), "signal")]
[JsonDerivedType(typeof(GuestTopRequest), "top")]
[JsonDerivedType(typeof(GuestStatsRequest), "stats")]
[JsonDerivedType(typeof(GuestCopyOutRequest), "copyOut")]
[JsonDerivedType(typeof(GuestCopyInRequest), "copyIn")]
[JsonDerivedType(typeof(SetTimeRequest), "setTime")]
[JsonDerivedType(typeof(ChangeNetworkRequest), "changeNetwork")]
[JsonDerivedType(typeof(FreezeDiskRequest), "freezeDisk")]
[JsonDerivedType(typeof(HoldSharesRequest), "holdShares")]
[JsonDerivedType(typeof(PowerOffRequest), "powerOff")]
public abstract record AgentRequest;

/// <summary>
/// Does ahead of a container what does not depend on its command: mounts the image and the writable disk as its root, makes its
/// namespaces and mounts. What a template does before it is frozen; once. Empty Reply.
/// </summary>
/// <param name="RootFileSystem"><c>squashfs</c> or <c>erofs</c>: the type of the image on the first disk (/dev/vda).</param>
/// <param name="Expected">
/// What most runs of the image will ask: its own command, user and environment. It is not run. That it is read makes the next one
/// faster: the code that reads it has then been through its slow first time.
/// </param>
public sealed record PrepareRequest(string RootFileSystem, RunRequest Expected) : AgentRequest;

/// <summary>Mounts the image and the writable disk as the root of a container that is not started: for copies. Empty Reply.</summary>
/// <param name="UnixTimeNanoseconds">The host's clock.</param>
/// <param name="RootFileSystem">As in <see cref="PrepareRequest"/>.</param>
public sealed record MountRootRequest(long UnixTimeNanoseconds, string RootFileSystem) : AgentRequest;

/// <summary>
/// Tells the guest who it is: clock, entropy, names. Mounts what is not mounted yet. Comes first after a boot and after every
/// restore, as a part of the request that starts the container or takes it over; one that runs gets its new names as well.
/// </summary>
/// <param name="UnixTimeNanoseconds">The host's clock.</param>
/// <param name="Entropy">Random bytes for the kernel's generator, which is reseeded from them at once.</param>
/// <param name="Hostname">The guest's and container's host name.</param>
/// <param name="MachineId">32 hexadecimal digits for the container's /etc/machine-id, where the image has one (machine-id(5)).</param>
/// <param name="RootFileSystem">As in <see cref="PrepareRequest"/>.</param>
/// <param name="Resolvers">Lines of /etc/resolv.conf.</param>
/// <param name="Hosts">Lines of /etc/hosts.</param>
/// <param name="Network">What the guest's network interface is given; null when it has none.</param>
public sealed record GuestConfiguration(
    long UnixTimeNanoseconds,
    byte[] Entropy,
    string Hostname,
    string MachineId,
    string RootFileSystem,
    IReadOnlyList<string> Resolvers,
    IReadOnlyList<string> Hosts,
    GuestNetwork? Network = null);

/// <summary>A network interface's identity. The guest gives it all of this, or says why not, before the container starts or is taken over.</summary>
/// <param name="Station">Hardware address: <c>02:48:…</c>. The host takes frames from no other.</param>
/// <param name="Mtu">Most bytes of a packet.</param>
/// <param name="Addresses">With the bits of their networks: <c>10.0.2.100/24</c>.</param>
/// <param name="Gateways">The next hop of each default route.</param>
/// <param name="Window">The most bytes that a TCP connection offers to take at once; null: what the guest's kernel finds.</param>
/// <param name="ForwardLocalhost">Ports of the guest's loopback that lead to the same of the first gateway.</param>
/// <param name="Routes">Networks where the guest is known by another of its addresses; null: none.</param>
public sealed record GuestNetwork(
    string Station,
    int Mtu,
    IReadOnlyList<string> Addresses,
    IReadOnlyList<string> Gateways,
    int? Window = null,
    IReadOnlyList<int>? ForwardLocalhost = null,
    IReadOnlyList<GuestRoute>? Routes = null);

/// <summary>A route by the gateway.</summary>
/// <param name="Destination">With the bits of the network.</param>
/// <param name="Source">The address that packets there are sent from.</param>
public sealed record GuestRoute(string Destination, string Source);

/// <summary>
/// Configures the guest and starts the container. Answered by Started, then Stdout and Stderr as they come, and Exit when its first process has ended
/// and all output was sent; or by Error. Stdin, StdinEof, Resize and Signal frames go the other way.
/// </summary>
/// <param name="Configuration">Who the guest is.</param>
/// <param name="Container">What to start.</param>
/// <param name="Shares">What the container has of the host's files; null: nothing.</param>
public sealed record RunRequest(GuestConfiguration Configuration, ContainerSpec Container, IReadOnlyList<GuestShare>? Shares = null) : AgentRequest;

/// <summary>
/// Goes through a <see cref="RunRequest"/> to its end and has another first process stand ready afterwards: the next is faster for it, since the
/// emulator has translated its code then. Answered as that. Of the image nothing runs: the guest's own busybox takes the program's place, with the
/// arguments given.
/// </summary>
public sealed record RehearseRequest(RunRequest Run) : AgentRequest;

/// <summary>
/// Configures the guest again and takes over the session of the container that runs in a restored guest. Answered as <see cref="RunRequest"/>, Started
/// included; what was sent on the session before the guest was frozen is not sent again.
/// </summary>
public sealed record ReattachRequest(GuestConfiguration Configuration) : AgentRequest;

/// <summary>Starts one more process, in the container or, with <paramref name="InVm"/>, in the guest itself. Answered as <see cref="RunRequest"/>.</summary>
/// <param name="Process">The program and its surroundings.</param>
/// <param name="InVm">Beside the agent.</param>
/// <param name="Bound">When the stream ends before the process does, it is killed, with all that is in its process group.</param>
public sealed record GuestExecRequest(ProcessSpec Process, bool InVm = false, bool Bound = false) : AgentRequest;

/// <summary>
/// Connects to a TCP port of the guest. Empty Reply once connected, or Error (<c>dial.refused</c>, <c>dial.failed</c>); after the Reply the stream
/// carries the connection's bytes, without frames: the end of one direction ends that direction, a reset of either side resets the other.
/// </summary>
/// <param name="Port">1 to 65535.</param>
/// <param name="Address">Numeric. Null tries 127.0.0.1, ::1 and the addresses of eth0 until one accepts.</param>
public sealed record DialRequest(int Port, string? Address = null) : AgentRequest;

/// <summary>Sends a signal to the container's first process, or to every process in it. Empty Reply, or Error.</summary>
public sealed record GuestSignalRequest(int Signal, bool All = false) : AgentRequest;

/// <summary>Lists the container's processes: <see cref="TopReply"/>.</summary>
public sealed record GuestTopRequest : AgentRequest;

/// <summary>What the container has used: <see cref="StatsReply"/>.</summary>
public sealed record GuestStatsRequest : AgentRequest;

/// <summary>
/// Sends a file or directory of the container as a tar archive (POSIX pax) in Stdout frames: Reply with <see cref="PathReply"/>,
/// then Stdout frames, then Exit. The archive's entries start with the path's last component.
/// </summary>
/// <param name="Path">Absolute, or relative to /; resolved inside the container's root.</param>
/// <param name="FollowLink">Copy what a symbolic link at the end of the path points to.</param>
/// <param name="AtRest">No container was started: the path is one of the root that it would have, without mounts of its own.</param>
public sealed record GuestCopyOutRequest(string Path, bool FollowLink = false, bool AtRest = false) : AgentRequest;

/// <summary>
/// Unpacks a tar archive, sent in Stdin frames up to StdinEof, into a directory of the container. Reply with
/// <see cref="PathReply"/> about the destination first (so the client can decide names), then Exit when all is written.
/// </summary>
/// <param name="Path">The directory to unpack in (or, with <paramref name="StatOnly"/>, any path to describe).</param>
/// <param name="StatOnly">Only describe the path: Reply, no data.</param>
/// <param name="KeepOwner">Keep uid and gid from the archive; otherwise root owns everything.</param>
/// <param name="AtRest">As in <see cref="GuestCopyOutRequest"/>.</param>
public sealed record GuestCopyInRequest(string Path, bool StatOnly = false, bool KeepOwner = false, bool AtRest = false) : AgentRequest;

/// <summary>Steps the guest's clock. Empty Reply.</summary>
public sealed record SetTimeRequest(long UnixTimeNanoseconds) : AgentRequest;

/// <summary>Gives the network interface of a running guest something else. Empty Reply, or Error.</summary>
/// <param name="Network">As in <see cref="GuestConfiguration"/>.</param>
/// <param name="Resolvers">As in <see cref="GuestConfiguration"/>.</param>
/// <param name="Hosts">As in <see cref="GuestConfiguration"/>.</param>
public sealed record ChangeNetworkRequest(GuestNetwork Network, IReadOnlyList<string> Resolvers, IReadOnlyList<string> Hosts) : AgentRequest;

/// <summary>
/// Writes the disk's file system out and holds every writer, or lets them go on (FIFREEZE, FITHAW). Empty Reply.
/// </summary>
public sealed record FreezeDiskRequest(bool Frozen) : AgentRequest;

/// <summary>
/// Waits until nothing is under way on the ports of shares, says so on each of them, and lets nobody begin anything there; or lets them go on. Empty
/// Reply, or Error (<c>shares.busy</c>).
/// </summary>
public sealed record HoldSharesRequest(bool Held) : AgentRequest;

/// <summary>Ends every process, syncs, unmounts and powers the guest off. Empty Reply before the power goes.</summary>
public sealed record PowerOffRequest : AgentRequest;

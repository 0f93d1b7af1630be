using System.Globalization;
using Hearth.Bench.Processes;
using Hearth.Linux.Namespaces;
using Hearth.Protocol.Agent;

namespace Hearth.Bench.Floors;

/// <summary>
/// A host of its own, a network namespace that forwards and has an interface to the outside with addresses of both families; and on it the plainest
/// network of a QEMU that there is: a TAP interface with an address, no bridge, no namespace between, nothing translated. As root.
/// </summary>
internal sealed class TapNetwork : IPeerNetwork
{
    public const string HostAddress = "198.51.100.1";
    public const string HostAddress6 = "2001:db8:1::1";

    private const string Station = "02:48:00:00:00:09";
    private const int Mtu = 1500;

    private readonly NetworkNamespace _host = NetworkNamespace.Create(ownUsers: false);

    public TapNetwork()
    {
        try
        {
            _host.Configure(("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1"));
            Child.RunChecked("nsenter",
            [
                .. Enter, "sh", "-c",
                $"""
                ip -batch - <<EOF
                link add out0 type veth peer name out1
                addr add {HostAddress}/24 dev out0
                addr add {HostAddress6}/64 dev out0 nodad
                link set out0 up
                link set out1 up
                route add default via 198.51.100.2
                route add default via 2001:db8:1::2
                tuntap add name bare0 mode tap vnet_hdr
                addr add 10.77.0.1/24 dev bare0
                addr add fd00:77::1/64 dev bare0 nodad
                link set bare0 up
                neighbour replace 10.77.0.2 lladdr {Station} nud permanent dev bare0
                neighbour replace fd00:77::2 lladdr {Station} nud permanent dev bare0
                EOF
                """,
            ]);
        }
        catch
        {
            _host.Dispose();
            throw;
        }
    }

    /// <summary>Becomes a program on that host, which stands behind it.</summary>
    public IReadOnlyList<string> Within => ["nsenter", .. Enter];

    public GuestNetwork Guest { get; } = new(Station, Mtu, ["10.77.0.2/24", "fd00:77::2/64"], ["10.77.0.1", "fd00:77::1"]);

    public BareLaunch Launch => new("nsenter", Enter, "ifname=bare0,script=no,downscript=no");

    private string[] Enter => [string.Create(CultureInfo.InvariantCulture, $"--net=/proc/{Environment.ProcessId}/fd/{_host.Handle.DangerousGetHandle()}"), "--"];

    public void Dispose() => _host.Dispose();
}

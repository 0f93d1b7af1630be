using System.Diagnostics;
using System.Globalization;
using System.Net;
using Hearth.Bench.Processes;
using Hearth.Linux.Files;
using Hearth.Linux.Namespaces;
using Hearth.Protocol.Agent;

namespace Hearth.Bench.Floors;

/// <summary>
/// What people make by hand to give a QEMU without privilege a network (pasta(1)): a namespace, pasta's interface in it, and a bridge that ties
/// that to the TAP of QEMU, which is started there. pasta itself forwards a port.
/// </summary>
internal sealed class PastaNetwork : IPeerNetwork
{
    private const string Address = "10.0.2.100";
    private const string Gateway = "10.0.2.2";
    private const string Station = "02:48:00:00:00:09";
    private const int Mtu = 65520;

    /// <summary>
    /// pasta carries a connection to the host's loopback over to the namespace's, by splice(2), and nft leads it on to the guest. It can carry
    /// others through its interface, but connections that pasta of 2023 carried there stood still for seconds or were reset.
    /// </summary>
    private const string Script = $$"""
        ip -batch - <<EOF || exit
        tuntap add name tap0 mode tap vnet_hdr
        link set lo up
        link add br0 mtu 65520 type bridge
        link set pasta0 mtu 65520 master br0 up
        link set tap0 mtu 65520 master br0 up
        link set br0 up
        address add 10.0.2.1/24 dev br0
        neighbour replace {{Address}} lladdr {{Station}} nud permanent dev br0
        EOF
        echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet || exit
        nft -f - <<EOF
        table ip published {
            chain out { type nat hook output priority -100; ip daddr 127.0.0.1 meta l4proto tcp dnat to {{Address}}; }
            chain post { type nat hook postrouting priority 100; oifname br0 masquerade; }
        }
        EOF
        """;

    private readonly NetworkNamespace _space = NetworkNamespace.Create(ownUsers: true);
    private readonly InheritedFile _network;
    private readonly InheritedFile _users;
    private readonly string _pidFile = Path.GetTempFileName();

    /// <summary>pasta goes to the background when its interface is there, so this returns then.</summary>
    /// <param name="published">Where pasta listens, on loopback.</param>
    /// <param name="guestPort">Where that leads.</param>
    public PastaNetwork(IPEndPoint published, int guestPort)
    {
        // pasta gives up its capabilities first, and may not look at this program's descriptors then: it has them itself.
        _network = InheritedFile.Copy(_space.Handle);
        _users = InheritedFile.Copy(_space.UserHandle!);
        try
        {
            Child.RunChecked("env",
            [
                "--default-signal=PIPE", "pasta", // pasta of 2023 takes it for a failure that the signal was ignored already.
                "--quiet", "--ipv4-only", "--ns-ifname", "pasta0", "--mtu", Mtu.ToString(CultureInfo.InvariantCulture), "--pid", _pidFile,
                "-a", Address, "-n", "24", "-g", Gateway, "--no-map-gw", "--no-dhcp",
                "-t", string.Create(CultureInfo.InvariantCulture, $"{published.Address}/{published.Port}:{guestPort}"), "-u", "none", "-T", "none", "-U", "none",
                .. Environment.IsPrivilegedProcess ? (string[])["--runas", "0"] : [], // Else it is nobody, who may not enter a namespace of root's.
                "--userns", PathOf(_users), "--netns", PathOf(_network),
            ]);
            Child.RunChecked("nsenter", [.. Enter, "sh", "-c", Script]);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public GuestNetwork Guest { get; } = new(Station, Mtu, [$"{Address}/24"], [Gateway]);

    public BareLaunch Launch => new("nsenter", Enter, "ifname=tap0,script=no,downscript=no");

    private string[] Enter => ["--preserve-credentials", $"--user={PathOf(_users)}", $"--net={PathOf(_network)}", "--"];

    public void Dispose()
    {
        if (int.TryParse(File.ReadAllText(_pidFile), CultureInfo.InvariantCulture, out int pid))
        {
            using Process pasta = Process.GetProcessById(pid);
            pasta.Kill();
        }

        File.Delete(_pidFile);
        _network.Dispose();
        _users.Dispose();
        _space.Dispose();
    }

    private static string PathOf(InheritedFile file) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{file.Fd}");
}

using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Snapshots;

/// <summary>TCP connections of a guest that is forked.</summary>
public sealed class StaleConnectionTests
{
    /// <summary>
    /// A guest without a network card gets connections to peers outside of it: a route makes the peer's address local for the handshake, and
    /// the peer is killed when nothing that it sends arrives any more (with tcp_max_orphans=0 the kernel forgets it).
    /// </summary>
    private const string Connect =
        """
        set -e
        wait_for() { until netstat -tan | grep -q "$1"; do usleep 10000; done; }
        echo 0 > /proc/sys/net/ipv4/tcp_max_orphans
        ip addr add 10.9.0.1/32 dev lo; ip route add local 10.9.0.5 dev lo src 10.9.0.1 table local
        ip -6 addr add fd00::1/128 dev lo; ip -6 route add local fd00::5 dev lo src fd00::1 table local
        mkfifo /hold
        for port in 5004 5006 6004 6006; do nc -l -p $port <>/hold >/dev/null 2>&1 & echo $! > /peer$port; wait_for ":$port .*LISTEN"; done
        ask() { (code=0; nc $1 $2 <>/hold >/dev/null 2>&1 || code=$?; echo $code > /ended$2) & wait_for ":$2 *ESTABLISHED"; }
        ask 10.9.0.5 5004; ask fd00::5 5006; ask 127.0.0.1 6004; ask ::1 6006
        ip route del local 10.9.0.5 dev lo table local; ip -6 route del local fd00::5 dev lo table local; ip -6 addr del fd00::1/128 dev lo
        kill -9 $(cat /peer5004) $(cat /peer5006)
        while [ -d /proc/$(cat /peer5004) ] || [ -d /proc/$(cat /peer5006) ]; do usleep 10000; done
        """;

    /// <summary>The far ends of the connections, sorted.</summary>
    private const string List = "netstat -tn | grep ESTABLISHED | tr -s ' ' | cut -d ' ' -f 5 | grep -E ':(5004|5006|6004|6006)$' | sort";

    [SkippableFact]
    public async Task Those_to_the_outside_are_ended_in_the_copy_and_those_within_it_stay()
    {
        string vm = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--privileged", "--network", "none", "--name", vm, "@busybox", "sleep", "1000000")).Succeeded();
        (await ShellAsync(vm, Connect)).Succeeded();
        string[] all = ["10.9.0.5:5004", "127.0.0.1:6004", "::1:6006", "fd00::5:5006"];
        (await ShellAsync(vm, List)).Succeeded().Lines.ShouldBe(all, ignoreOrder: true);

        string copy = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("fork", vm, "--name", copy)).Succeeded();

        (await ShellAsync(copy, List)).Succeeded().Lines.ShouldBe(["127.0.0.1:6004", "::1:6006"], ignoreOrder: true);

        // Whoever waited on one is told.
        (await ShellAsync(copy, "until [ -s /ended5004 ] && [ -s /ended5006 ]; do usleep 10000; done; ls /ended*")).Succeeded().Lines.ShouldBe(["/ended5004", "/ended5006"]);
        (await ShellAsync(vm, List)).Succeeded().Lines.ShouldBe(all, ignoreOrder: true);
        (await HearthCommand.RunAsync("rm", "-f", vm, copy)).Succeeded();
    }

    private static Task<Outcome> ShellAsync(string vm, string script) => HearthCommand.RunAsync("exec", vm, "sh", "-c", script);
}

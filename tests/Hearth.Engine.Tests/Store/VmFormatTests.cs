using System.Text.Json;
using Hearth.Core.Specs;

namespace Hearth.Engine.Tests.Store;

public sealed class VmFormatTests
{
    private const string GoldenSpec = """
        {
          "version": 1,
          "id": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
          "name": "web",
          "created": "2026-01-02T03:04:05+00:00",
          "image": "@busybox",
          "imageId": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "container": {
            "process": {
              "args": [
                "true"
              ],
              "env": [],
              "workingDirectory": "/",
              "user": "",
              "tty": false,
              "interactive": false,
              "rows": 0,
              "columns": 0,
              "privileged": false
            },
            "hostname": "web",
            "capAdd": [],
            "capDrop": [],
            "readOnly": false,
            "tmpfs": {},
            "ulimits": [],
            "init": false,
            "stopSignal": "SIGTERM",
            "cpus": 0,
            "shmBytes": 67108864
          },
          "entrypointWords": 0,
          "vcpus": 1,
          "memoryBytes": 536870912,
          "hugePages": false,
          "diskBytes": 10737418240,
          "restart": "No",
          "restartMaxAttempts": 0,
          "autoRemove": false,
          "stopTimeoutSeconds": 10,
          "kernel": "debian",
          "accel": "Auto",
          "template": true,
          "labels": {},
          "exposedPorts": [],
          "mounts": [],
          "logLevel": "warning"
        }
        """;

    private const string GoldenState = """
        {
          "version": 1,
          "status": "Suspended",
          "startedAt": "2026-01-02T03:04:05+00:00",
          "finishedAt": "2026-01-02T03:05:05+00:00",
          "exitCode": 137,
          "oomKilled": false,
          "error": "It was suspended.",
          "suspendedBy": "Idle",
          "doorkeeper": {
            "pid": 77,
            "startTicks": 8800
          },
          "timeoutUsed": "00:01:00.2500000",
          "ports": [
            {
              "bind": "::1",
              "hostPort": 8080,
              "guestPort": 80,
              "protocol": "Udp"
            }
          ],
          "addresses": [
            "10.0.2.100/24"
          ],
          "networks": [
            {
              "network": "back",
              "address": "10.89.0.5",
              "address6": "fd00:1::5"
            }
          ],
          "restartCount": 0,
          "stoppedByUser": false,
          "engine": "qemu/tcg",
          "startStages": {
            "boot": 812.5
          }
        }
        """;

    [Fact]
    public void A_spec_is_written_as_the_golden_file() =>
        JsonSerializer.Serialize(TemporaryHome.Spec("web", new string('b', 64)), HearthJson.Default.VmSpec).ShouldBe(GoldenSpec);

    [Fact]
    public void The_golden_spec_is_read_back()
    {
        VmSpec spec = JsonSerializer.Deserialize(GoldenSpec, HearthJson.Default.VmSpec)!;
        JsonSerializer.Serialize(spec, HearthJson.Default.VmSpec).ShouldBe(GoldenSpec);
    }

    [Fact]
    public void Limits_are_written_so_and_read_back()
    {
        VmSpec spec = TemporaryHome.Spec("web", new string('b', 64)) with { HugePages = true, Limits = new VmLimits { NoSwap = true, MemoryMaxBytes = 734003200, CpuWeight = 250, PidsMax = 12 } };
        string golden = GoldenSpec.Replace(
            """
              "hugePages": false,
            """,
            """
              "hugePages": true,
              "limits": {
                "noSwap": true,
                "memoryMaxBytes": 734003200,
                "cpuWeight": 250,
                "pidsMax": 12
              },
            """,
            StringComparison.Ordinal);

        JsonSerializer.Serialize(spec, HearthJson.Default.VmSpec).ShouldBe(golden);
        JsonSerializer.Deserialize(golden, HearthJson.Default.VmSpec)!.Limits.ShouldBe(spec.Limits);
    }

    [Fact]
    public void A_time_of_idleness_is_written_so_and_read_back()
    {
        VmSpec spec = TemporaryHome.Spec("web", new string('b', 64)) with { IdleSuspend = TimeSpan.FromMinutes(10) };
        string golden = GoldenSpec.Replace("  \"kernel\": \"debian\",", "  \"idleSuspend\": \"00:10:00\",\n  \"kernel\": \"debian\",", StringComparison.Ordinal);

        JsonSerializer.Serialize(spec, HearthJson.Default.VmSpec).ShouldBe(golden);
        JsonSerializer.Deserialize(golden, HearthJson.Default.VmSpec)!.IdleSuspend.ShouldBe(TimeSpan.FromMinutes(10));
    }

    [Fact]
    public void A_network_is_written_so_and_read_back()
    {
        VmSpec spec = TemporaryHome.Spec("web", new string('b', 64)) with
        {
            Network = new NetworkSpec { Networks = ["back"], Ports = [new PublishedPort("127.0.0.1", 0, 80, PortProtocol.Tcp)], Dns = ["192.0.2.53"], DnsSearch = ["example.org"], Hosts = ["192.0.2.7\tdb"], HostAccess = true, ForwardLocalhost = [3306], BitsPerSecond = 100_000_000 },
        };
        string golden = GoldenSpec.Replace(
            """
              "labels": {
            """,
            """
              "network": {
                "mode": "Rootless",
                "networks": [
                  "back"
                ],
                "ports": [
                  {
                    "bind": "127.0.0.1",
                    "hostPort": 0,
                    "guestPort": 80,
                    "protocol": "Tcp"
                  }
                ],
                "dns": [
                  "192.0.2.53"
                ],
                "dnsSearch": [
                  "example.org"
                ],
                "hosts": [
                  "192.0.2.7\tdb"
                ],
                "hostAccess": true,
                "forwardLocalhost": [
                  3306
                ],
                "bitsPerSecond": 100000000
              },
              "labels": {
            """,
            StringComparison.Ordinal);

        JsonSerializer.Serialize(spec, HearthJson.Default.VmSpec).ShouldBe(golden);
        JsonSerializer.Serialize(JsonSerializer.Deserialize(golden, HearthJson.Default.VmSpec)!, HearthJson.Default.VmSpec).ShouldBe(golden);
    }

    [Fact]
    public void Lists_that_a_file_of_an_older_program_does_not_have_are_empty()
    {
        NetworkSpec network = JsonSerializer.Deserialize(GoldenSpec.Replace("\"labels\": {", "\"network\": { \"mode\": \"Rootless\" }, \"labels\": {", StringComparison.Ordinal), HearthJson.Default.VmSpec)!.Network!;
        VmState state = JsonSerializer.Deserialize("{ \"version\": 1, \"status\": \"Running\" }", HearthJson.Default.VmState)!;

        (network.Networks.Count, network.Ports.Count, network.Dns.Count, network.DnsSearch.Count, network.Hosts.Count, network.ForwardLocalhost.Count).ShouldBe((0, 0, 0, 0, 0, 0));
        (state.Networks.Count, state.Ports.Count, state.Addresses.Count).ShouldBe((0, 0, 0));
    }

    [Fact]
    public void A_routed_network_is_written_so_and_read_back()
    {
        VmSpec spec = TemporaryHome.Spec("web", new string('b', 64)) with { Network = new NetworkSpec { Mode = NetworkMode.Routed, Ipv6Prefix = "2001:db8:7::/64" } };
        string golden = GoldenSpec.Replace(
            """
              "labels": {
            """,
            """
              "network": {
                "mode": "Routed",
                "networks": [],
                "ports": [],
                "dns": [],
                "dnsSearch": [],
                "hosts": [],
                "hostAccess": false,
                "forwardLocalhost": [],
                "ipv6Prefix": "2001:db8:7::/64"
              },
              "labels": {
            """,
            StringComparison.Ordinal);

        JsonSerializer.Serialize(spec, HearthJson.Default.VmSpec).ShouldBe(golden);
        JsonSerializer.Serialize(JsonSerializer.Deserialize(golden, HearthJson.Default.VmSpec)!, HearthJson.Default.VmSpec).ShouldBe(golden);
        Enum.GetNames<NetworkMode>().ShouldBe(["Rootless", "Internal", "Bridged", "Routed"]);
    }

    [Fact]
    public void What_a_vm_may_reach_is_written_so_and_read_back()
    {
        VmSpec spec = TemporaryHome.Spec("web", new string('b', 64)) with
        {
            Network = new NetworkSpec { Egress = new EgressSettings(EgressMode.List, ["example.com", "@forge"], ["192.0.2.0/24:80/tcp"]) },
        };
        string golden = GoldenSpec.Replace(
            """
              "labels": {
            """,
            """
              "network": {
                "mode": "Rootless",
                "networks": [],
                "ports": [],
                "dns": [],
                "dnsSearch": [],
                "hosts": [],
                "hostAccess": false,
                "forwardLocalhost": [],
                "egress": {
                  "mode": "List",
                  "allow": [
                    "example.com",
                    "@forge"
                  ],
                  "deny": [
                    "192.0.2.0/24:80/tcp"
                  ]
                }
              },
              "labels": {
            """,
            StringComparison.Ordinal);

        JsonSerializer.Serialize(spec, HearthJson.Default.VmSpec).ShouldBe(golden);
        JsonSerializer.Serialize(JsonSerializer.Deserialize(golden, HearthJson.Default.VmSpec)!, HearthJson.Default.VmSpec).ShouldBe(golden);
        Enum.GetNames<EgressMode>().ShouldBe(["All", "None", "List"]);
    }

    [Fact]
    public void A_health_check_is_written_so_and_read_back()
    {
        VmSpec spec = TemporaryHome.Spec("web", new string('b', 64)) with
        {
            Health = new HealthSpec { Kind = HealthProbeKind.Http, Port = 8080, Path = "/healthz", Interval = TimeSpan.FromSeconds(10), OnFailure = HealthAction.Restart },
        };
        string golden = GoldenSpec.Replace(
            """
              "labels": {
            """,
            """
              "health": {
                "kind": "Http",
                "command": [],
                "isShell": false,
                "port": 8080,
                "path": "/healthz",
                "host": "localhost",
                "interval": "00:00:10",
                "timeout": "00:00:30",
                "startPeriod": "00:00:00",
                "startInterval": "00:00:05",
                "retries": 3,
                "onFailure": "Restart"
              },
              "labels": {
            """,
            StringComparison.Ordinal);

        JsonSerializer.Serialize(spec, HearthJson.Default.VmSpec).ShouldBe(golden);
        JsonSerializer.Serialize(JsonSerializer.Deserialize(golden, HearthJson.Default.VmSpec), HearthJson.Default.VmSpec).ShouldBe(golden);
        Enum.GetNames<HealthProbeKind>().ShouldBe(["Command", "Http", "Tcp"]);
        Enum.GetNames<HealthAction>().ShouldBe(["None", "Kill", "Restart", "Stop"]);
    }

    [Fact]
    public void Health_is_written_so_and_read_back()
    {
        VmState state = new()
        {
            Health = new HealthState { Status = HealthStatus.Unhealthy, FailingStreak = 3, Log = [new HealthResult(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddSeconds(1), 7, "no")] },
        };
        const string Golden =
            """
              "health": {
                "status": "Unhealthy",
                "failingStreak": 3,
                "log": [
                  {
                    "start": "1970-01-01T00:00:00+00:00",
                    "end": "1970-01-01T00:00:01+00:00",
                    "exitCode": 7,
                    "output": "no"
                  }
                ]
              },
            """;

        string text = JsonSerializer.Serialize(state, HearthJson.Default.VmState);
        text.ShouldContain(Golden);
        JsonSerializer.Serialize(JsonSerializer.Deserialize(text, HearthJson.Default.VmState), HearthJson.Default.VmState).ShouldBe(text);
        Enum.GetNames<HealthStatus>().ShouldBe(["Unknown", "Starting", "Healthy", "Unhealthy"]);
    }

    [Fact]
    public void A_state_is_written_as_the_golden_file_and_read_back()
    {
        VmState state = new()
        {
            Status = VmStatus.Suspended,
            StartedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            FinishedAt = new DateTimeOffset(2026, 1, 2, 3, 5, 5, TimeSpan.Zero),
            ExitCode = 137,
            Error = "It was suspended.",
            SuspendedBy = SuspendCause.Idle,
            Doorkeeper = new ProcessIdentity(77, 8800),
            TimeoutUsed = TimeSpan.FromSeconds(60.25),
            Ports = [new PublishedPort("::1", 8080, 80, PortProtocol.Udp)],
            Addresses = ["10.0.2.100/24"],
            Networks = [new NetworkPlace("back", "10.89.0.5", "fd00:1::5")],
            Engine = "qemu/tcg",
            StartStages = new Dictionary<string, double> { ["boot"] = 812.5 },
        };

        JsonSerializer.Serialize(state, HearthJson.Default.VmState).ShouldBe(GoldenState);
        JsonSerializer.Serialize(JsonSerializer.Deserialize(GoldenState, HearthJson.Default.VmState), HearthJson.Default.VmState).ShouldBe(GoldenState);
    }

    [Fact]
    public void Causes_of_a_suspension_keep_their_words() => Enum.GetNames<SuspendCause>().ShouldBe(["User", "Idle"]);

    [Fact]
    public void Statuses_keep_their_words() =>
        Enum.GetNames<VmStatus>().ShouldBe(["Created", "Starting", "Running", "Paused", "Stopping", "Restarting", "Exited", "Suspended"]);
}

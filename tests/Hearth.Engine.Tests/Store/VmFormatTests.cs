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
          "logLevel": "warning"
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
    public void Statuses_keep_their_words() =>
        Enum.GetNames<VmStatus>().ShouldBe(["Created", "Starting", "Running", "Paused", "Stopping", "Restarting", "Exited", "Suspended"]);
}

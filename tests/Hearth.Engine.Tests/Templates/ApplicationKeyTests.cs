using Hearth.Core.Specs;
using Hearth.Engine.Supervision;
using Hearth.Engine.Templates;
using Hearth.Vmm;

namespace Hearth.Engine.Tests.Templates;

public sealed class ApplicationKeyTests
{
    private static readonly VmAssets s_assets = new("/k/vmlinux", "/k/initramfs", "/i/root", "squashfs", new OciImageConfig());

    [Fact]
    public void A_name_and_what_the_host_alone_sees_change_nothing()
    {
        VmSpec spec = Spec("one");
        VmSpec other = Spec("two") with
        {
            AutoRemove = true,
            Restart = RestartPolicy.Always,
            Labels = new Dictionary<string, string> { ["a"] = "b" },
            Timeout = TimeSpan.FromMinutes(1),
            LogLevel = "debug",
        };

        Key(other).ShouldBe(Key(spec));
        Key(spec).Length.ShouldBe(32);
    }

    [Fact]
    public void Whatever_reaches_the_container_makes_another_key()
    {
        VmSpec spec = Spec("one");
        ContainerSpec container = spec.Container;
        ProcessSpec process = container.Process;
        VmSpec[] others =
        [
            spec with { SnapshotWhen = "log:other" },
            spec with { MemoryBytes = 1 << 30 },
            spec with { Vcpus = 2 },
            spec with { Container = container with { Process = process with { Args = ["serve", "--port", "81"] } } },
            spec with { Container = container with { Process = process with { Env = [.. process.Env, "SECRET=1"] } } },
            spec with { Container = container with { Process = process with { User = "nobody" } } },
            spec with { Container = container with { Process = process with { WorkingDirectory = "/srv" } } },
            spec with { Container = container with { Process = process with { Tty = true } } },
            spec with { Container = container with { Process = process with { Privileged = true } } },
            spec with { Container = container with { ReadOnly = true } },
            spec with { Container = container with { CapAdd = ["CAP_SYS_ADMIN"] } },
            spec with { Container = container with { Tmpfs = new Dictionary<string, string> { ["/x"] = "", ["/b"] = "size=1m" } } },
            spec with { Container = container with { Ulimits = [new UlimitSpec("nofile", 10, 10)] } },
            spec with { Container = container with { Cpus = 0.5 } },
        ];

        others.Append(spec).Select(Key).Distinct().Count().ShouldBe(others.Length + 1);
    }

    [Fact]
    public void The_check_is_a_part_of_it_when_being_healthy_is_being_ready()
    {
        HealthSpec check = new() { Kind = HealthProbeKind.Http, Port = 80 };
        VmSpec spec = Spec("one") with { SnapshotWhen = "healthy", Health = check };

        Key(spec with { Health = check with { Path = "/other" } }).ShouldNotBe(Key(spec));
        Key(spec with { Health = check with { Retries = 7 } }).ShouldBe(Key(spec));
        Key(Spec("one") with { Health = check }).ShouldBe(Key(Spec("one")));
    }

    [Fact]
    public void The_order_in_which_tmpfs_were_given_does_not_matter()
    {
        VmSpec spec = Spec("one");
        VmSpec With(params (string Path, string Options)[] mounts) =>
            spec with { Container = spec.Container with { Tmpfs = mounts.ToDictionary(static m => m.Path, static m => m.Options) } };

        Key(With(("/a", ""), ("/b", "size=1m"))).ShouldBe(Key(With(("/b", "size=1m"), ("/a", ""))));
    }

    private static string Key(VmSpec spec) => ApplicationKey.Of(TemplateShape.Of(spec, s_assets, new AccelDecision(false, "")), spec);

    private static VmSpec Spec(string name) => new()
    {
        Id = new string('1', 64),
        Name = name,
        Created = DateTimeOffset.UnixEpoch,
        Image = "app",
        ImageId = "sha256:" + new string('2', 64),
        SnapshotWhen = "log:ready",
        Container = new ContainerSpec { Hostname = name, Process = new ProcessSpec { Args = ["serve"], Env = [$"HOSTNAME={name}", "PORT=80"] } },
    };
}

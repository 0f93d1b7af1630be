using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;
using Hearth.Bench.Registry;
using Hearth.Images.Tests.Transport;

namespace Hearth.Bench.Sections;

/// <summary>From layers in a registry to a root file system that can be used.</summary>
internal sealed class BuildSection : ISection
{
    private const int Rounds = 3;
    private const double BoundRatio = 1.0;

    public string Name => "build";

    public string Title => "Image from layers";

    public string Method => """
        An image of two gzip layers, a minimal Debian and 5,000 files of 2 KiB, in a `docker-registry` on loopback. Floor: `podman pull` and `podman image mount` (overlay)
        into an empty store. Subject: `hearth pull` into an empty home, which ends with the block image that VMs boot from. By turns; one of each before, not counted.
        Emptying the stores is not timed, and what is left to be written of either is flushed (`sync`) before the next clock starts.
        """;

    public async Task<SectionResult> RunAsync(BenchContext context)
    {
        string layout = BenchImage.Ensure(context.WorkDirectory, context.Say);
        await using LoopbackRegistry registry = await LoopbackRegistry.StartAsync(Path.Combine(context.WorkDirectory, "registry"));
        string reference = $"{registry.Address}/bench:1";
        Child.RunChecked("skopeo", ["copy", "-q", "--dest-tls-verify=false", $"oci:{layout}", $"docker://{reference}"]);
        Samples pulls = new();
        Samples mounts = new();
        Samples floors = new();
        Samples runs = new();
        for (int round = 0; round <= Rounds; round++)
        {
            (TimeSpan pull, TimeSpan mount) = Podman(context, reference);
            TimeSpan run = Hearth(context, reference);
            if (round > 0)
            {
                pulls.Add(pull);
                mounts.Add(mount);
                floors.Add(pull + mount);
                runs.Add(run);
                context.Say($"build {round}/{Rounds}: podman {(pull + mount).TotalMilliseconds:0} ms, hearth {run.TotalMilliseconds:0} ms");
            }
        }

        return new SectionResult(
            [Goal.AtMost("`hearth pull` against `podman pull` + mount", BoundRatio, runs.Median / floors.Median, "×")],
            [new("floor: podman, both steps", floors), new("`podman pull`", pulls), new("`podman image mount`", mounts), new("`hearth pull`", runs)]);
    }

    private static (TimeSpan Pull, TimeSpan Mount) Podman(BenchContext context, string reference)
    {
        using PodmanStore store = new(Path.Combine(context.WorkDirectory, "podman"));
        Child.RunChecked("sync", []);
        return (store.Pull(reference).Elapsed, store.Mount(reference).Elapsed);
    }

    private static TimeSpan Hearth(BenchContext context, string reference)
    {
        string home = Path.Combine(context.WorkDirectory, "pull-home");
        Directory.CreateDirectory(home);
        try
        {
            Child.RunChecked("sync", []);
            TimeSpan elapsed = context.Hearth.WithHome(home).RunChecked("pull", "-q", reference).Elapsed;
            return Directory.EnumerateFiles(home, "root.*", SearchOption.AllDirectories).Any()
                ? elapsed
                : throw new BenchException("'hearth pull' left no root file system: there is nothing to compare.");
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }
}

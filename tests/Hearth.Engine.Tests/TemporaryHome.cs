using Hearth.Core.Naming;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Store;

namespace Hearth.Engine.Tests;

/// <summary>A home of a test's own, removed at its end.</summary>
internal sealed class TemporaryHome : IDisposable
{
    public TemporaryHome()
    {
        Paths = new HearthPaths(Directory.CreateTempSubdirectory("hearth-test-").FullName);
        Home = HearthHome.Open(Paths);
    }

    public HearthPaths Paths { get; }

    public HearthHome Home { get; }

    public VmStore Vms => Home.Vms;

    public static VmSpec Spec(string name, string? id = null) => new()
    {
        Id = id ?? VmId.New(),
        Name = name,
        Created = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Image = "@busybox",
        ImageId = "sha256:" + new string('a', 64),
        Container = new ContainerSpec { Hostname = name, Process = new ProcessSpec { Args = ["true"] } },
    };

    public void Dispose() => Directory.Delete(Paths.Home, recursive: true);
}

using System.Text.Json.Serialization;
using Hearth.Core.Naming;
using Hearth.Core.Specs;
using Hearth.Networking.Topology;

namespace Hearth.Engine.Pools;

/// <summary>How many VMs of a shape are to stand ready; <c>pools/&lt;key&gt;.json</c>.</summary>
public sealed record PoolWish
{
    /// <summary>The newest format this program writes; a newer one is refused.</summary>
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>The image as the user wrote it. What that name means is looked up for every spare.</summary>
    public required string Image { get; init; }

    public required int Count { get; init; }

    public int Vcpus { get; init; } = 1;

    public long MemoryBytes { get; init; } = VmSpec.DefaultMemoryBytes;

    public required long DiskBytes { get; init; }

    /// <summary>The kernel's catalogue name or digest.</summary>
    public string Kernel { get; init; } = "debian";

    public AccelChoice Accel { get; init; } = AccelChoice.Auto;

    public required DateTimeOffset Created { get; init; }

    /// <summary>Its file's name.</summary>
    [JsonIgnore]
    public string Key => PoolStore.KeyOf(Image);

    /// <summary>A VM of the shape that nobody has asked for yet. Of its container only what a template needs is right.</summary>
    /// <param name="id">The spare's id.</param>
    /// <param name="imageId">What the image's name means now.</param>
    /// <param name="now">The time.</param>
    public VmSpec ToSpec(string id, string imageId, DateTimeOffset now) => new()
    {
        Id = id,
        Name = $"spare-{VmId.Short(id)}",
        Created = now,
        Image = Image,
        ImageId = imageId,
        Container = new ContainerSpec { Hostname = "spare", Process = new ProcessSpec { Args = [] } },
        Vcpus = Vcpus,
        MemoryBytes = MemoryBytes,
        DiskBytes = DiskBytes,
        Network = RootlessNetwork.Default,
        Kernel = Kernel,
        Accel = Accel,
    };
}

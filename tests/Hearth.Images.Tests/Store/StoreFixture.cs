using Hearth.Core.Storage;
using Hearth.Images.Catalogue;
using Hearth.Images.Store;

namespace Hearth.Images.Tests.Store;

/// <summary>A store in a directory of its own, with a source and a builder in memory.</summary>
internal sealed class StoreFixture : IDisposable
{
    public static readonly TimeSpan Budget = TimeSpan.FromSeconds(30);

    public StoreFixture()
    {
        Paths = new HearthPaths(Directory.CreateTempSubdirectory("hearth-store-").FullName);
        Store = Open();
    }

    public HearthPaths Paths { get; }

    public FakeTransport Transport { get; } = new();

    public FakeBuilder Builder { get; } = new();

    public ImageStore Store { get; }

    /// <summary>Ids of images that a VM called "web" is made from.</summary>
    public HashSet<string> InUse { get; } = [];

    public string[] Staged => Directory.Exists(Paths.Staging) ? Directory.GetFileSystemEntries(Paths.Staging) : [];

    public string[] Blobs => Directory.Exists(Paths.Blobs) ? Directory.GetFiles(Paths.Blobs) : [];

    /// <summary>A store as another process would open it.</summary>
    public ImageStore Open() => new(Paths, TimeProvider.System, Transport, Builder, ImageCatalogue.Default) { VmsByImage = () => InUse.ToLookup(static id => id, static _ => "web") };

    public Task<ImageRecord> GetAsync(string name, PullPolicy policy = PullPolicy.Missing) => Store.GetAsync(name, policy, null, null, CancellationToken.None);

    public void Dispose() => Directory.Delete(Paths.Home, recursive: true);
}

using System.Text;
using Hearth.Core.Errors;
using Hearth.Images.Documents;
using Hearth.Images.References;
using Hearth.Images.Store;
using Hearth.Images.Transport;

namespace Hearth.Images.Tests.Store;

/// <summary>A source of images in memory that keeps the transport's promises: whole blobs by rename, none fetched twice.</summary>
internal sealed class FakeTransport : IImageTransport
{
    private readonly Dictionary<string, (byte[] Manifest, byte[] Config, byte[][] Layers)> _images = [];

    /// <summary>Digests of layers in the order they were fetched.</summary>
    public List<string> Fetched { get; } = [];

    public int Questions { get; private set; }

    /// <summary>Called before the layer with that number is fetched.</summary>
    public Func<int, CancellationToken, Task> BeforeLayer { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>Adds an image and returns its id.</summary>
    public string Add(string name, string[] layers, string architecture = "")
    {
        byte[][] contents = [.. layers.Select(Encoding.UTF8.GetBytes)];
        string arch = architecture.Length > 0 ? architecture : ImagePlatform.Host.Architecture;
        byte[] config = Encoding.UTF8.GetBytes($$$"""{"architecture":"{{{arch}}}","os":"linux","created":"2024-01-0{{{_images.Count + 1}}}T00:00:00Z","config":{"Cmd":["{{{string.Concat(layers)}}}"]}}""");
        Descriptor[] descriptors = [.. contents.Select(static layer => new Descriptor(ImageManifest.TarLayerMediaType, BlobStore.DigestOf(layer), layer.Length, null, new Dictionary<string, string>()))];
        _images[ImageReference.Parse(name).Canonical] = (ManifestWriter.Manifest(BlobStore.DigestOf(config), config.Length, descriptors), config, contents);
        return BlobStore.DigestOf(config);
    }

    public Task<byte[]> ReadManifestAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        Questions++;
        return Task.FromResult(Image(reference).Manifest);
    }

    public Task<byte[]> ReadConfigAsync(ImageReference reference, ImagePlatform platform, CancellationToken cancellationToken) =>
        Task.FromResult(Image(reference).Config);

    public async Task CopyAsync(ImageReference reference, ImagePlatform platform, string blobRoot, string layout, CancellationToken cancellationToken)
    {
        (byte[] manifest, byte[] config, byte[][] layers) = Image(reference);
        for (int i = 0; i < layers.Length; i++)
        {
            await BeforeLayer(i, cancellationToken);
            if (Write(blobRoot, layout, layers[i]))
            {
                Fetched.Add(BlobStore.DigestOf(layers[i]));
            }
        }

        Write(blobRoot, layout, config);
        Write(blobRoot, layout, manifest);
        await File.WriteAllBytesAsync(Path.Combine(layout, "index.json"), ManifestWriter.Index([(BlobStore.DigestOf(manifest), manifest.Length, "image")]), cancellationToken);
    }

    private static bool Write(string blobRoot, string layout, byte[] content)
    {
        string path = Path.Combine(blobRoot, "sha256", BlobStore.DigestOf(content)["sha256:".Length..]);
        if (File.Exists(path))
        {
            return false;
        }

        string temporary = Path.Combine(layout, "oci-put-blob");
        File.WriteAllBytes(temporary, content);
        File.Move(temporary, path);
        return true;
    }

    private (byte[] Manifest, byte[] Config, byte[][] Layers) Image(ImageReference reference)
    {
        string tagged = (reference.Tag is null ? reference : reference with { Digest = null }).Canonical;
        return _images.TryGetValue(tagged, out var image) ? image : throw new HearthException("image.not-found", $"Image '{reference}' was not found.");
    }
}

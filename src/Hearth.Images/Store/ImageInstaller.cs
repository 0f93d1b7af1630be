using Hearth.Core.Errors;
using Hearth.Core.Progress;
using Hearth.Core.Specs;
using Hearth.Images.Documents;
using Hearth.Images.Layers;
using Hearth.Images.References;
using Hearth.Linux.Files;

namespace Hearth.Images.Store;

/// <summary>Turns blobs that are in the store into an image: what pull, load and the catalogue have in common.</summary>
internal sealed class ImageInstaller(BlobStore blobs, ImageDirectories directories)
{
    /// <summary>Builds the image unless it is here. The caller holds <see cref="BlobStore.UseAsync"/>.</summary>
    /// <param name="content">The manifest and configuration.</param>
    /// <param name="verified">Layers whose digest was checked just now; the others are checked here, before their first use.</param>
    /// <param name="staging">Where it is built.</param>
    /// <param name="progress">Told of the build.</param>
    /// <param name="cancellationToken">Ends the work; nothing of it stays.</param>
    /// <returns>The image's id.</returns>
    public async Task<string> InstallAsync(
        ImageContent content, IReadOnlySet<string> verified, StagingDirectory staging, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        using FileLock held = await directories.LockAsync(content.Id, cancellationToken);
        if (directories.ReadOrDiscard(content.Id, staging) is { Imported: false })
        {
            return content.Id;
        }

        ImageManifest manifest = ImageManifest.Parse(content.Manifest, $"The manifest of '{content.Name}'");
        ImageConfigDocument config = ImageConfigDocument.Parse(content.Config, $"The configuration of '{content.Name}'");
        RequirePlatform(content.Name, content.Platform, content.PlatformAsked, config.Config, config.Variant);
        foreach (Descriptor layer in manifest.Layers.Where(layer => !verified.Contains(layer.Digest)))
        {
            await blobs.RequireAsync(layer.Digest, content.Name, cancellationToken);
        }

        blobs.Add(content.Manifest);
        blobs.Add(content.Config);
        LayerSource[] layers = [.. manifest.Layers.Select(layer => new LayerSource(layer.Digest, blobs.PathOf(layer.Digest), layer.MediaType))];
        await directories.BuildAsync(content.Id, content.Config, content.Manifest, layers, staging, progress, cancellationToken);
        return content.Id;
    }

    /// <exception cref="HearthException"><c>image.platform</c>: the image is for another platform than was asked for, or cannot run here.</exception>
    public static void RequirePlatform(string name, ImagePlatform wanted, bool asked, OciImageConfig config, string variant)
    {
        var platform = new ImagePlatform(
            config.Os is { Length: > 0 } os ? os : "linux",
            config.Architecture is { Length: > 0 } architecture ? architecture : ImagePlatform.Host.Architecture,
            variant.Length > 0 ? variant : null);
        if (!wanted.Accepts(platform) && (asked || !platform.RunsHere))
        {
            throw new HearthException(
                "image.platform",
                $"Image '{name}' is for {platform}, and {wanted} is needed.",
                $"Look for a tag that is built for {wanted}.");
        }
    }
}

using Hearth.Core.Errors;
using Hearth.Core.Progress;
using Hearth.Core.Storage;
using Hearth.Images.Documents;
using Hearth.Images.References;
using Hearth.Images.Transport;
using Hearth.Linux.Files;

namespace Hearth.Images.Store;

/// <summary>
/// A pull, step by step: (1) read the source's manifest and, from an index, choose the platform's; (2) if that image is here,
/// done; (3) check the blobs that are here already; (4) let the transport fetch the others into the shared blob store;
/// (5) take the configuration as its builder wrote it; (6) build the block image and rename it into place.
/// Cut short at any point, whole blobs stay for the next attempt and nothing else does.
/// </summary>
/// <remarks>
/// skopeo converts Docker manifests to OCI and writes their configuration anew, under another digest. Ids would then differ from
/// those that Docker and podman show; hence step 5.
/// </remarks>
internal sealed class ImagePuller(
    HearthPaths paths, IImageTransport transport, BlobStore blobs, ImageDirectories directories, ImageInstaller installer, TimeProvider time)
{
    /// <summary>The source's manifest for the platform; null when only the transport can choose from its index.</summary>
    private sealed record Source(ImageReference Pinned, string Digest, ImageManifest? Manifest);

    public async Task<PulledImage> PullAsync(
        ImageReference reference, string? platformAsked, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        ImagePlatform platform = platformAsked is null ? ImagePlatform.Host : ImagePlatform.Parse(platformAsked);
        Source source = await ResolveAsync(reference, platform, cancellationToken);
        using FileLock use = await blobs.UseAsync(cancellationToken);
        if (source.Manifest is { } known && await ReadOrDiscardAsync(known.Config.Digest, cancellationToken) is { Imported: false } present)
        {
            ImageInstaller.RequirePlatform(reference.Familiar, platform, platformAsked is not null, present.Config, present.Variant);
            return new PulledImage(present.Id, source.Digest);
        }

        HashSet<string> verified = await VerifyAsync(source.Manifest, cancellationToken);
        using StagingDirectory staging = await StagingDirectory.CreateAsync(paths, "image", cancellationToken);
        HashSet<string> before = [.. Directory.Exists(paths.Blobs) ? Directory.EnumerateFiles(paths.Blobs).Select(static path => "sha256:" + Path.GetFileName(path)) : []];
        string layout = staging.File("layout");
        await FetchAsync(source, reference.Familiar, platform, layout, progress, cancellationToken);
        ImageContent content = await ContentAsync(source, reference.Familiar, platform, platformAsked is not null, layout, cancellationToken);
        verified.UnionWith(ImageManifest.Parse(content.Manifest, reference.Familiar).Layers.Select(static layer => layer.Digest).Where(digest => !before.Contains(digest)));
        string id = await installer.InstallAsync(content, verified, staging, progress, cancellationToken);
        return new PulledImage(id, source.Digest);
    }

    private async Task<ImageRecord?> ReadOrDiscardAsync(string id, CancellationToken cancellationToken)
    {
        using FileLock held = await directories.LockAsync(id, cancellationToken);
        using StagingDirectory staging = await StagingDirectory.CreateAsync(paths, "image", cancellationToken);
        return directories.ReadOrDiscard(id, staging);
    }

    private async Task<Source> ResolveAsync(ImageReference reference, ImagePlatform platform, CancellationToken cancellationToken)
    {
        byte[] raw = await transport.ReadManifestAsync(reference, cancellationToken);
        string digest = BlobStore.DigestOf(raw);
        RequireDigest(reference.Digest, digest, reference);
        bool registry = reference.Transport == ImageTransport.Registry;
        string subject = $"The manifest of '{reference.Familiar}'";
        if (!ImageManifest.IsIndex(raw, subject))
        {
            return new Source(registry ? reference.AtDigest(digest) : reference, digest, ImageManifest.Parse(raw, subject));
        }

        Descriptor chosen = PlatformChoice.Pick(ImageManifest.ParseIndex(raw, subject), platform, reference.Familiar);
        if (!registry)
        {
            return new Source(reference, digest, null);
        }

        ImageReference pinned = reference.AtDigest(chosen.Digest);
        byte[] manifest = await transport.ReadManifestAsync(pinned, cancellationToken);
        RequireDigest(chosen.Digest, BlobStore.DigestOf(manifest), reference);
        return new Source(pinned, digest, ImageManifest.Parse(manifest, subject));
    }

    private async Task<HashSet<string>> VerifyAsync(ImageManifest? manifest, CancellationToken cancellationToken)
    {
        var verified = new HashSet<string>(StringComparer.Ordinal);
        foreach (Descriptor layer in manifest?.Layers ?? [])
        {
            if (blobs.Has(layer.Digest) && await blobs.VerifyAsync(layer.Digest, cancellationToken))
            {
                verified.Add(layer.Digest);
            }
        }

        return verified;
    }

    private async Task FetchAsync(
        Source source, string name, ImagePlatform platform, string layout, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(layout);
        Directory.CreateDirectory(paths.Blobs);
        Descriptor[] missing = [.. (source.Manifest?.Layers ?? []).Where(layer => !blobs.Has(layer.Digest)).DistinctBy(static layer => layer.Digest)];
        using var watch = new FetchProgress($"pulling {name}", missing, paths.Blobs, layout, progress, time);
        await transport.CopyAsync(source.Pinned, platform, blobs.Root, layout, cancellationToken);
        watch.Finish();
    }

    private async Task<ImageContent> ContentAsync(
        Source source, string name, ImagePlatform platform, bool platformAsked, string layout, CancellationToken cancellationToken)
    {
        byte[] index = await File.ReadAllBytesAsync(Path.Combine(layout, "index.json"), cancellationToken);
        Descriptor entry = ImageManifest.ParseIndex(index, $"The copy of '{name}'") is [var single]
            ? single
            : throw new HearthException("image.corrupt", $"The copy of '{name}' does not have exactly one manifest.");
        byte[] bytes = await blobs.ReadAsync(entry.Digest, name, ImageManifest.MaximumBytes, cancellationToken);
        ImageManifest manifest = ImageManifest.Parse(bytes, $"The manifest of '{name}'");
        if (source.Manifest is null || source.Manifest.Config.Digest == manifest.Config.Digest)
        {
            byte[] config = await blobs.ReadAsync(manifest.Config.Digest, name, ImageConfigDocument.MaximumBytes, cancellationToken);
            return new ImageContent(name, bytes, config, platform, platformAsked);
        }

        byte[] original = await transport.ReadConfigAsync(source.Pinned, platform, cancellationToken);
        string digest = BlobStore.DigestOf(original);
        RequireDigest(source.Manifest.Config.Digest, digest, source.Pinned);
        return new ImageContent(name, ManifestWriter.Manifest(digest, original.Length, manifest.Layers), original, platform, platformAsked);
    }

    private static void RequireDigest(string? expected, string actual, ImageReference reference)
    {
        if (expected is not null && expected != actual)
        {
            throw new HearthException(
                "image.corrupt",
                $"'{reference.Familiar}' is not what was asked for: its source sent {actual} instead of {expected}.",
                "Try again; if it stays so, the registry or a mirror of it is damaged.");
        }
    }
}

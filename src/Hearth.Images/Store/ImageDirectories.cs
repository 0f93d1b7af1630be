using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Core.Progress;
using Hearth.Core.Storage;
using Hearth.Images.Documents;
using Hearth.Images.Layers;
using Hearth.Linux.Files;

namespace Hearth.Images.Store;

/// <summary>
/// <c>images/&lt;hex of id&gt;/</c>: <c>config.json</c> and <c>manifest.json</c> as they are in the blob store, <c>image.json</c>, <c>root.&lt;suffix&gt;</c>.
/// Invariant: such a directory is complete; it is made in staging and renamed into place.
/// </summary>
internal sealed class ImageDirectories(HearthPaths paths, IRootFileSystemBuilder builder)
{
    private const string DamagedCode = "image.corrupt";
    private const string ConfigFile = "config.json";
    private const string ManifestFile = "manifest.json";
    private const string MetadataFile = "image.json";

    /// <summary>Ids of all complete images.</summary>
    public IEnumerable<string> Ids() => Directory.Exists(paths.Images)
        ? Directory.EnumerateDirectories(paths.Images).Select(static path => "sha256:" + Path.GetFileName(path)).Where(References.ImageReference.IsDigest)
        : [];

    public string PathOf(string id) => Path.Combine(paths.Images, id["sha256:".Length..]);

    public bool Has(string id) => Directory.Exists(PathOf(id));

    /// <summary>Held by whoever builds or removes the image. Order: a pull's lock, then this, then the names'.</summary>
    public Task<FileLock> LockAsync(string id, CancellationToken cancellationToken) =>
        FileLock.AcquireAsync(Path.Combine(paths.Locks, "image-" + id["sha256:".Length..]), cancellationToken);

    /// <summary>The image, or null when it is not here. Names are the caller's to add.</summary>
    /// <exception cref="HearthException"><c>image.corrupt</c>: its files are damaged; <c>store.newer</c>.</exception>
    public ImageRecord? Read(string id)
    {
        string directory = PathOf(id);
        byte[] config;
        byte[] manifest;
        byte[] metadata;
        try
        {
            config = File.ReadAllBytes(Path.Combine(directory, ConfigFile));
            manifest = File.ReadAllBytes(Path.Combine(directory, ManifestFile));
            metadata = File.ReadAllBytes(Path.Combine(directory, MetadataFile));
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (FileNotFoundException e)
        {
            return Has(id) ? throw Damaged(id, $"'{e.FileName}' is missing") : null;
        }

        // An id is the digest of the configuration: a flipped bit must not become another command or user.
        return BlobStore.DigestOf(config) == id
            ? Record(id, directory, ImageConfigDocument.Parse(config, $"The configuration of image {id}"), manifest, Metadata(id, metadata))
            : throw Damaged(id, $"'{Path.Combine(directory, ConfigFile)}' does not match its digest");
    }

    /// <summary>The image if it is here; one that is damaged is taken away, so that it is made anew. The caller holds <see cref="LockAsync"/>.</summary>
    public ImageRecord? ReadOrDiscard(string id, StagingDirectory staging)
    {
        try
        {
            return Read(id);
        }
        catch (HearthException e) when (e.Code == DamagedCode)
        {
            Remove(id, staging);
            return null;
        }
    }

    /// <summary>Builds the image from blobs that are all here, unless a peer did it meanwhile. The caller holds <see cref="LockAsync"/>.</summary>
    public async Task BuildAsync(
        string id, byte[] config, byte[] manifest, IReadOnlyList<LayerSource> layers, StagingDirectory staging, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        ImageRecord? imported = Read(id);
        if (imported is { Imported: false })
        {
            return;
        }

        string directory = staging.File("image");
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string rootFile = "root" + builder.FileSuffix;
        string root = Path.Combine(directory, rootFile);
        await builder.BuildAsync(layers, root, progress, cancellationToken);
        var metadata = new ImageMetadata { RootFile = rootFile, FileSystem = builder.FileSystemName, RootBytes = new FileInfo(root).Length };
        WholeFile.Write(Path.Combine(directory, ConfigFile), config);
        WholeFile.Write(Path.Combine(directory, ManifestFile), manifest);
        WholeFile.Write(Path.Combine(directory, MetadataFile), JsonSerializer.SerializeToUtf8Bytes(metadata, ImagesJson.Default.ImageMetadata));
        if (imported is not null)
        {
            await RequireSameAsync(imported, root, cancellationToken);
            Remove(id, staging);
        }

        Directory.CreateDirectory(paths.Images);
        Directory.Move(directory, PathOf(id));
    }

    /// <summary>Takes in an image that came with a snapshot, unless it is here. The caller holds <see cref="LockAsync"/>.</summary>
    /// <param name="id">The digest of its configuration.</param>
    /// <param name="directory">Has <c>config.json</c>, <c>manifest.json</c> and <c>root</c>; renamed into place.</param>
    /// <param name="fileSystem">Of the block image.</param>
    /// <exception cref="HearthException"><c>image.corrupt</c>.</exception>
    public void Adopt(string id, string directory, string fileSystem)
    {
        byte[] config = File.ReadAllBytes(Path.Combine(directory, ConfigFile));
        if (BlobStore.DigestOf(config) != id)
        {
            throw Damaged(id, "its configuration does not match its digest");
        }

        _ = ImageConfigDocument.Parse(config, $"The configuration of image {id}");
        _ = Manifest(id, File.ReadAllBytes(Path.Combine(directory, ManifestFile)));
        if (Has(id))
        {
            return;
        }

        ImageMetadata metadata = new() { RootFile = "root", FileSystem = fileSystem, RootBytes = new FileInfo(Path.Combine(directory, "root")).Length, Imported = true };
        WholeFile.Write(Path.Combine(directory, MetadataFile), JsonSerializer.SerializeToUtf8Bytes(metadata, ImagesJson.Default.ImageMetadata));
        Directory.CreateDirectory(paths.Images);
        Directory.Move(directory, PathOf(id));
    }

    /// <summary>An imported image becomes one of the store's own when its layers make the same bytes; snapshots rely on the bytes that are there.</summary>
    private static async Task RequireSameAsync(ImageRecord imported, string root, CancellationToken cancellationToken)
    {
        if (await FileDigest.OfAsync(imported.RootPath, cancellationToken) != await FileDigest.OfAsync(root, cancellationToken))
        {
            throw new HearthException(
                "image.imported",
                $"Image {imported.Id} came with an imported snapshot, and its block image is not what its layers make here.",
                $"It was built by other tools, or somebody changed it. Remove it ('hearth rmi {imported.Id[7..19]}') to have it built here; the snapshot needs it as it is.");
        }
    }

    /// <summary>Takes the image away at once, by rename; its files go with the staging directory. The caller holds <see cref="LockAsync"/>.</summary>
    public void Remove(string id, StagingDirectory staging)
    {
        if (Has(id))
        {
            Directory.Move(PathOf(id), staging.File("removed-" + id["sha256:".Length..]));
        }
    }

    private static ImageMetadata Metadata(string id, byte[] json)
    {
        ImageMetadata metadata;
        try
        {
            metadata = JsonSerializer.Deserialize(json, ImagesJson.Default.ImageMetadata) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw Damaged(id, $"'{MetadataFile}' is not valid: {e.Message.TrimEnd('.')}");
        }

        return metadata.Version <= ImageMetadata.CurrentVersion ? metadata : throw new HearthException(
            "store.newer",
            $"Image {id} was built by a newer hearth (format {metadata.Version}; this one knows {ImageMetadata.CurrentVersion} at most).",
            "Use that hearth, or another HEARTH_HOME.");
    }

    private static ImageRecord Record(string id, string directory, ImageConfigDocument config, byte[] manifest, ImageMetadata metadata)
    {
        string root = Path.Combine(directory, Path.GetFileName(metadata.RootFile ?? ""));
        var file = new FileInfo(root);
        if (!file.Exists || file.Length != metadata.RootBytes)
        {
            throw Damaged(id, $"'{root}' {(file.Exists ? $"has {file.Length} bytes instead of {metadata.RootBytes}" : "is missing")}");
        }

        return new ImageRecord
        {
            Id = id,
            Config = config.Config,
            Variant = config.Variant,
            RootPath = root,
            RootFileSystem = metadata.FileSystem ?? "",
            SizeBytes = metadata.RootBytes,
            Layers = [.. Manifest(id, manifest).Layers.Select(static layer => layer.Digest)],
            DiffIds = config.DiffIds,
            ManifestDigest = BlobStore.DigestOf(manifest),
            Imported = metadata.Imported,
        };
    }

    private static ImageManifest Manifest(string id, byte[] manifest)
    {
        try
        {
            return ImageManifest.Parse(manifest, $"'{ManifestFile}'");
        }
        catch (HearthException e)
        {
            throw Damaged(id, e.Message.TrimEnd('.'));
        }
    }

    private static HearthException Damaged(string id, string reason) => new(
        DamagedCode,
        $"Image {id} is damaged: {reason}.",
        "Run 'hearth pull' with its name (or 'hearth load' again): that builds it anew from what is here, and fetches the rest.");
}

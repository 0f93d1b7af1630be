using Hearth.Core.Errors;
using Hearth.Core.Progress;
using Hearth.Core.Storage;
using Hearth.Images.Catalogue;
using Hearth.Images.Documents;
using Hearth.Images.References;
using Hearth.Images.Transport;
using Hearth.Linux.Files;

namespace Hearth.Images.Store;

/// <summary>
/// The images of one <c>$HEARTH_HOME</c>, shared by every process that uses it. Slow work holds only the lock of its own
/// reference (<c>locks/pull-…</c>), then of its image (<c>locks/image-…</c>); a second caller waits and then looks again, so that a peer's
/// success is its own. Names change under the leaf lock <c>locks/image-names</c>.
/// </summary>
public sealed partial class ImageStore
{
    private readonly HearthPaths _paths;
    private readonly IImageTransport _transport;
    private readonly BlobStore _blobs;
    private readonly ImageDirectories _directories;
    private readonly ImageInstaller _installer;
    private readonly ImagePuller _puller;
    private readonly ImageCatalogue _catalogue;
    private readonly NameTable _names;

    /// <summary>The store below <paramref name="paths"/>, with skopeo for transport and the default catalogue.</summary>
    public ImageStore(HearthPaths paths, TimeProvider time)
        : this(paths, time, new SkopeoTransport(), new FlatteningBuilder(), ImageCatalogue.Default)
    {
    }

    /// <summary>A store with everything that it is made of given: for tests and other transports.</summary>
    public ImageStore(HearthPaths paths, TimeProvider time, IImageTransport transport, IRootFileSystemBuilder builder, ImageCatalogue catalogue)
    {
        _paths = paths;
        _transport = transport;
        _catalogue = catalogue;
        _blobs = new BlobStore(paths);
        _directories = new ImageDirectories(paths, builder);
        _installer = new ImageInstaller(_blobs, _directories);
        _puller = new ImagePuller(paths, transport, _blobs, _directories, _installer, time);
        _names = new NameTable(paths);
    }

    /// <summary>The names of the VMs that are made from each image, by image id; asked when one is to be deleted.</summary>
    public Func<ILookup<string, string>> VmsByImage { get; init; } = static () => Array.Empty<string>().ToLookup(static id => id);

    /// <summary>The names that pools have of images, by image id; asked when one is to be deleted.</summary>
    public Func<ILookup<string, string>> PoolsByImage { get; init; } = static () => Array.Empty<string>().ToLookup(static id => id);

    /// <summary>The same for snapshots, which cannot be restored without their image.</summary>
    public Func<ILookup<string, string>> SnapshotsByImage { get; init; } = static () => Array.Empty<string>().ToLookup(static id => id);

    /// <summary>The image, fetched or built when the policy says so.</summary>
    /// <param name="reference">As a person writes it; an id or the beginning of one for an image that is here.</param>
    /// <param name="policy">When to ask the source.</param>
    /// <param name="platform"><c>os/arch[/variant]</c>; null for this machine's.</param>
    /// <param name="progress">Told of fetching and building.</param>
    /// <param name="cancellationToken">Ends the work; blobs that are complete stay for the next time, nothing else does.</param>
    /// <exception cref="HearthException"><c>image.reference</c>, <c>image.platform</c>, <c>image.not-found</c>, <c>image.corrupt</c>, <c>registry.*</c>, <c>tool.missing</c>, <c>disk.full</c>.</exception>
    public async Task<ImageRecord> GetAsync(
        string reference, PullPolicy policy, string? platform, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        ImagePlatform? wanted = platform is null ? null : ImagePlatform.Parse(platform);
        if (policy != PullPolicy.Always && Resolve(reference) is { } here && Fits(here, wanted))
        {
            return here;
        }

        if (policy == PullPolicy.Never)
        {
            throw new HearthException(
                "image.not-found",
                $"Image '{reference}' is not on this machine, and --pull never was given.",
                $"Run 'hearth pull {reference}' first, or leave --pull out.");
        }

        ImageReference parsed = ImageReference.Parse(reference);
        using FileLock held = await FileLock.AcquireAsync(PullLock(parsed, platform), cancellationToken);
        return policy != PullPolicy.Always && Resolve(reference) is { } meanwhile && Fits(meanwhile, wanted)
            ? meanwhile
            : await FetchAsync(parsed, platform, progress, cancellationToken);
    }

    /// <summary>Fetches the image whether it is here or not: <see cref="GetAsync"/> with <see cref="PullPolicy.Always"/>.</summary>
    public Task<ImageRecord> PullAsync(string reference, string? platform, IProgress<StageProgress>? progress, CancellationToken cancellationToken) =>
        GetAsync(reference, PullPolicy.Always, platform, progress, cancellationToken);

    /// <summary>All images, newest first. One that is damaged does not hide the others: it is left out, and <paramref name="onDamaged"/> is told.</summary>
    public IReadOnlyList<ImageRecord> List(Action<HearthException>? onDamaged = null)
    {
        ImageNames names = _names.Read();
        var images = new List<ImageRecord>();
        foreach (string id in _directories.Ids())
        {
            try
            {
                images.AddRange(Read(id, names) is { } image ? [image] : []);
            }
            catch (HearthException e)
            {
                onDamaged?.Invoke(e);
            }
        }

        return [.. images.OrderByDescending(static image => image.Created).ThenBy(static image => image.Id, StringComparer.Ordinal)];
    }

    /// <summary>The image of that name here, or whose id starts so; null when there is none.</summary>
    /// <exception cref="HearthException"><c>image.ambiguous</c>: several ids start so; <c>image.corrupt</c>.</exception>
    public ImageRecord? Resolve(string nameOrId)
    {
        ImageNames names = _names.Read();
        return Find(nameOrId, names) is { } id ? Read(id, names) : null;
    }

    /// <summary>As <see cref="Resolve"/>.</summary>
    /// <exception cref="HearthException"><c>image.not-found</c>: there is none.</exception>
    public ImageRecord Require(string nameOrId) => Resolve(nameOrId) ?? throw NotHere(nameOrId);

    /// <summary>Gives the image one more name.</summary>
    /// <exception cref="HearthException"><c>image.not-found</c>; <c>image.reference</c>: not a name with a tag.</exception>
    public async Task TagAsync(string source, string target, CancellationToken cancellationToken)
    {
        ImageReference name = ImageReference.Parse(target);
        if (name.Transport != ImageTransport.Registry || name.Digest is not null)
        {
            throw new HearthException("image.reference", $"'{target}' cannot be given to an image: a name with a tag is needed.", "Write it as [registry/]name[:tag].");
        }

        string id = Require(source).Id;
        await _names.UpdateAsync(names => names.Tags[name.StoredName!] = id, cancellationToken);
    }

    private async Task<ImageRecord> FetchAsync(ImageReference reference, string? platform, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        if (reference.Transport == ImageTransport.Catalogue)
        {
            string built = await BuildCatalogueAsync(reference, progress, cancellationToken);
            await _names.UpdateAsync(names => names.Tags[reference.Name] = built, cancellationToken);
            return Require(reference.Name);
        }

        PulledImage pulled = await _puller.PullAsync(reference, platform, progress, cancellationToken);
        ImageReference? named = NameFor(reference);
        await _names.UpdateAsync(names => Record(names, reference, named, pulled), cancellationToken);
        return Require(pulled.Id);
    }

    private async Task<string> BuildCatalogueAsync(ImageReference reference, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        ICatalogueRecipe recipe = _catalogue.Require(reference.Name);
        using FileLock use = await _blobs.UseAsync(cancellationToken);
        using StagingDirectory staging = await StagingDirectory.CreateAsync(_paths, "image", cancellationToken);
        CatalogueImage made = await recipe.BuildAsync(staging.Path, progress, cancellationToken);
        ImageContent content = await CatalogueContent.StoreAsync(reference.Name, made, _blobs, cancellationToken);
        HashSet<string> verified = [.. ImageManifest.Parse(content.Manifest, reference.Name).Layers.Select(static layer => layer.Digest)];
        return await _installer.InstallAsync(content, verified, staging, progress, cancellationToken);
    }

    private static bool Record(ImageNames names, ImageReference source, ImageReference? named, PulledImage pulled)
    {
        if (named is null)
        {
            return false;
        }

        if (named.Digest is null)
        {
            names.Tags[named.StoredName!] = pulled.Id;
        }

        if (source.Transport == ImageTransport.Registry)
        {
            names.Digests[$"{named.Name}@{named.Digest ?? pulled.SourceDigest}"] = pulled.Id;
        }

        return true;
    }

    /// <summary>The name an image gets from where it came: its own, or that of podman's or Docker's store; none for files.</summary>
    private static ImageReference? NameFor(ImageReference reference) => reference.Transport switch
    {
        ImageTransport.Registry => reference,
        ImageTransport.ContainersStorage or ImageTransport.DockerDaemon => TryParse(WithoutStore(reference.Name)) is { Transport: ImageTransport.Registry, Digest: null } name ? name : null,
        _ => null,
    };

    /// <summary><c>[overlay@/srv/storage+/run/storage]localhost/x:1</c> says in brackets which store of podman's is meant (containers-transports(5)).</summary>
    private static string WithoutStore(string name) => name is ['[', ..] ? name[(name.IndexOf(']', StringComparison.Ordinal) + 1)..] : name;

    private static bool Fits(ImageRecord image, ImagePlatform? wanted) =>
        wanted is null || wanted.Accepts(new ImagePlatform(image.Config.Os, image.Architecture, image.Variant.Length > 0 ? image.Variant : null));

    private string PullLock(ImageReference reference, string? platform)
    {
        string key = BlobStore.DigestOf(System.Text.Encoding.UTF8.GetBytes($"{reference.Canonical}\n{platform}"))["sha256:".Length..];
        return Path.Combine(_paths.Locks, "pull-" + key);
    }

    /// <summary>A name first, as Docker does: an image may be called "cafe".</summary>
    private string? Find(string nameOrId, ImageNames names)
    {
        if (TryParse(nameOrId)?.StoredName is { } name && (names.Tags.TryGetValue(name, out string? id) || names.Digests.TryGetValue(name, out id)))
        {
            return id;
        }

        string hex = nameOrId.StartsWith("sha256:", StringComparison.Ordinal) ? nameOrId["sha256:".Length..] : nameOrId;
        if (!Core.Naming.VmId.IsPrefix(hex))
        {
            return null;
        }

        string[] matches = [.. _directories.Ids().Where(candidate => candidate.AsSpan("sha256:".Length).StartsWith(hex, StringComparison.Ordinal))];
        return matches.Length <= 1 ? matches.FirstOrDefault() : throw new HearthException(
            "image.ambiguous",
            $"'{nameOrId}' is the beginning of {matches.Length} image ids.",
            "Write more digits of the id.");
    }

    private static ImageReference? TryParse(string text)
    {
        try
        {
            return ImageReference.Parse(text);
        }
        catch (HearthException)
        {
            return null;
        }
    }

    private ImageRecord? Read(string id, ImageNames names) => _directories.Read(id) is { } image
        ? image with
        {
            RepoTags = [.. names.Tags.Where(entry => entry.Value == id).Select(static entry => ImageReference.FamiliarName(entry.Key))],
            RepoDigests = [.. names.Digests.Where(entry => entry.Value == id).Select(static entry => ImageReference.FamiliarName(entry.Key))],
        }
        : null;

    private static HearthException NotHere(string nameOrId) => new(
        "image.not-found",
        $"Image '{nameOrId}' is not on this machine.",
        $"See 'hearth images', or fetch it with 'hearth pull {nameOrId}'.");
}

using Hearth.Core.Errors;
using Hearth.Core.Progress;
using Hearth.Images.Archives;
using Hearth.Images.References;
using Hearth.Linux.Files;

namespace Hearth.Images.Store;

public sealed partial class ImageStore
{
    /// <summary>Loads every image of an archive that <c>save</c> of Docker, podman or Hearth wrote; gzip, zstd, xz and bzip2 are unpacked.</summary>
    /// <returns>The images in the archive's order, with the names they have now.</returns>
    /// <exception cref="HearthException"><c>archive.invalid</c>, <c>archive.too-large</c>, <c>disk.full</c>, <c>image.corrupt</c>, <c>image.platform</c>, <c>tool.missing</c>.</exception>
    public Task<IReadOnlyList<ImageRecord>> LoadAsync(Stream archive, IProgress<StageProgress>? progress, CancellationToken cancellationToken) =>
        LoadAsync(archive, "the archive", progress, cancellationToken);

    /// <summary>As <see cref="LoadAsync(Stream, IProgress{StageProgress}, CancellationToken)"/>, from a file.</summary>
    public async Task<IReadOnlyList<ImageRecord>> LoadAsync(string path, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        FileStream file;
        try
        {
            file = File.OpenRead(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new HearthException("archive.unreadable", $"Cannot read the archive '{path}': {e.Message.TrimEnd('.')}.", "Check the path.", inner: e);
        }

        await using (file)
        {
            return await LoadAsync(file, $"the archive '{path}'", progress, cancellationToken);
        }
    }

    /// <summary>Writes images as one archive. Names that are given are kept in it; an id brings none.</summary>
    /// <exception cref="HearthException"><c>image.not-found</c>, <c>image.blob-corrupt</c>, <c>tool.missing</c>, <c>disk.full</c>.</exception>
    public async Task SaveAsync(IReadOnlyList<string> namesOrIds, Stream destination, ArchiveFormat format, CancellationToken cancellationToken)
    {
        using FileLock use = await _blobs.UseAsync(cancellationToken);
        using StagingDirectory staging = await StagingDirectory.CreateAsync(_paths, "image", cancellationToken);
        IReadOnlyList<ArchiveWriter.Item> items = await ItemsAsync(namesOrIds, cancellationToken);
        var writer = new ArchiveWriter(staging.Path, _blobs.Root);
        await (format == ArchiveFormat.OciArchive
            ? writer.WriteOciAsync(items, destination, cancellationToken)
            : writer.WriteDockerAsync(items, destination, cancellationToken));
    }

    /// <summary>As the other overload, into a file that appears whole.</summary>
    public async Task SaveAsync(IReadOnlyList<string> namesOrIds, string path, ArchiveFormat format, CancellationToken cancellationToken)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}";
        try
        {
            await using (FileStream file = File.Create(temporary))
            {
                await SaveAsync(namesOrIds, file, format, cancellationToken);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private async Task<IReadOnlyList<ImageRecord>> LoadAsync(Stream archive, string subject, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        using StagingDirectory staging = await StagingDirectory.CreateAsync(_paths, "image", cancellationToken);
        progress?.Report(new StageProgress("reading the archive", InBytes: false));
        var reader = new ArchiveReader(staging.Path, subject, new ArchiveSpace(staging.Path, subject));
        return await LoadAsync(await reader.OpenAsync(archive, cancellationToken), progress, cancellationToken);
    }

    private async Task<IReadOnlyList<ImageRecord>> LoadAsync(IReadOnlyList<ArchivedImage> images, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        var loaded = new List<string>();
        foreach (ArchivedImage image in images)
        {
            PulledImage pulled = await _puller.PullAsync(image.Source, platformAsked: null, progress, cancellationToken);
            await _names.UpdateAsync(
                names =>
                {
                    foreach (ImageReference name in image.Names)
                    {
                        names.Tags[name.StoredName!] = pulled.Id;
                    }

                    return image.Names.Count;
                },
                cancellationToken);
            loaded.Add(pulled.Id);
        }

        return [.. loaded.Distinct().Select(Require)];
    }

    private async Task<IReadOnlyList<ArchiveWriter.Item>> ItemsAsync(IReadOnlyList<string> namesOrIds, CancellationToken cancellationToken)
    {
        ImageNames table = _names.Read();
        var items = new Dictionary<string, (ImageRecord Image, List<string> Names)>(StringComparer.Ordinal);
        foreach (string nameOrId in namesOrIds)
        {
            ImageRecord image = Require(nameOrId);
            items.TryAdd(image.Id, (image, []));
            if (TryParse(nameOrId) is { Transport: ImageTransport.Registry, StoredName: { } name } && table.Tags.ContainsKey(name))
            {
                items[image.Id].Names.Add(name);
            }
        }

        var result = new List<ArchiveWriter.Item>();
        foreach ((ImageRecord image, List<string> names) in items.Values)
        {
            string[] blobs = [.. image.Layers.Distinct(), image.Id, image.ManifestDigest];
            string shown = image.RepoTags.Count > 0 ? image.RepoTags[0] : image.Id[..19];
            foreach (string digest in blobs)
            {
                await _blobs.RequireAsync(digest, shown, cancellationToken);
            }

            result.Add(new ArchiveWriter.Item(image.ManifestDigest, new FileInfo(_blobs.PathOf(image.ManifestDigest)).Length, blobs, [.. names.Distinct()]));
        }

        return result;
    }
}

using Hearth.Core.Errors;
using Hearth.Images.References;
using Hearth.Linux.Files;

namespace Hearth.Images.Store;

public sealed partial class ImageStore
{
    /// <summary>
    /// Takes a name away, and deletes the image with its last name. An id names the image itself: it has to have one name at most,
    /// unless <paramref name="force"/> is given.
    /// </summary>
    /// <exception cref="HearthException"><c>image.not-found</c>; <c>image.in-use</c>: a VM is made from it, or it has more names.</exception>
    public async Task<IReadOnlyList<RemovedImage>> RemoveAsync(string nameOrId, bool force, CancellationToken cancellationToken)
    {
        ImageNames names = _names.Read();
        string id = Find(nameOrId, names) ?? throw NotHere(nameOrId);
        string? name = TryParse(nameOrId)?.StoredName is { } stored && (names.Tags.ContainsKey(stored) || names.Digests.ContainsKey(stored)) ? stored : null;
        string[] tags = [.. names.Tags.Where(entry => entry.Value == id).Select(static entry => entry.Key)];
        bool deletes = name is null || tags.Length == 0 || (tags.Length == 1 && tags[0] == name);
        if (!deletes)
        {
            await _names.UpdateAsync(table => table.Tags.Remove(name!) | table.Digests.Remove(name!), cancellationToken);
            return [new RemovedImage(ImageReference.FamiliarName(name!), Deleted: false)];
        }

        if (name is null && tags.Length > 1 && !force)
        {
            throw new HearthException(
                "image.in-use",
                $"Image {id[..19]} has {tags.Length} names: {string.Join(", ", tags.Select(ImageReference.FamiliarName))}.",
                "Remove it by its names, or all of them at once with --force.",
                1);
        }

        return await DeleteAsync(id, keepWhenUsed: force, cancellationToken);
    }

    /// <summary>Deletes images without a name, or with <paramref name="all"/> every image, that no VM is made from; and blobs that no image needs, such as those of interrupted pulls.</summary>
    public async Task<PruneResult> PruneAsync(bool all, CancellationToken cancellationToken)
    {
        var removed = new List<RemovedImage>();
        long freed = 0;
        ILookup<string, string> used = VmsByImage();
        ILookup<string, string> pooled = PoolsByImage();
        ILookup<string, string> frozen = SnapshotsByImage();
        ImageNames names = _names.Read();
        HashSet<string> tagged = [.. names.Tags.Values];
        foreach (string id in _directories.Ids().Where(id => !used.Contains(id) && !pooled.Contains(id) && !frozen.Contains(id) && (all || !tagged.Contains(id))).ToArray())
        {
            long size = new DirectoryInfo(_directories.PathOf(id)).EnumerateFiles().Sum(static file => file.Length);
            removed.AddRange(await DeleteAsync(id, keepWhenUsed: true, cancellationToken));
            freed += _directories.Has(id) ? 0 : size;
        }

        freed += _blobs.Delete(present => present.Except(ReferencedBlobs()));
        return new PruneResult(removed, freed);
    }

    private async Task<IReadOnlyList<RemovedImage>> DeleteAsync(string id, bool keepWhenUsed, CancellationToken cancellationToken)
    {
        using FileLock held = await _directories.LockAsync(id, cancellationToken);
        if (PoolsByImage()[id].FirstOrDefault() is { } pool)
        {
            throw new HearthException(
                "image.in-use", $"Image {id[..19]} cannot be deleted: the pool of {pool} keeps VMs of it ready.", $"'hearth pool rm {pool}' ends that.", 1);
        }

        string[] vms = [.. VmsByImage()[id]];
        string[] snapshots = [.. SnapshotsByImage()[id]];
        bool used = vms.Length + snapshots.Length > 0;
        if (used && !keepWhenUsed)
        {
            throw vms.Length > 0 ? InUse(id, "VM", vms, "rm") : InUse(id, "snapshot", snapshots, "snapshot rm");
        }

        HashSet<string> own = used ? [] : [.. BlobsOf(id)];
        IReadOnlyList<string> untagged = await _names.UpdateAsync(names => names.RemoveAll(id), cancellationToken);
        List<RemovedImage> lines = [.. untagged.Select(static name => new RemovedImage(ImageReference.FamiliarName(name), Deleted: false))];
        if (used)
        {
            return lines;
        }

        using (StagingDirectory staging = await StagingDirectory.CreateAsync(_paths, "image", cancellationToken))
        {
            _directories.Remove(id, staging);
        }

        _blobs.Delete(_ => own.Except(ReferencedBlobs()));
        lines.Add(new RemovedImage(id, Deleted: true));
        return lines;
    }

    private static HearthException InUse(string id, string noun, string[] users, string verb) => new(
        "image.in-use",
        $"Image {id[..19]} cannot be deleted: {(users.Length == 1 ? $"{noun} '{users[0]}' is" : $"{users.Length} {noun}s are")} made from it.",
        $"Remove first what is made from it ('hearth {verb} {string.Join(' ', users.Take(10))}'), or take only the names away with --force.",
        1);

    private HashSet<string> ReferencedBlobs() => [.. _directories.Ids().SelectMany(BlobsOf)];

    /// <summary>The blobs of an image; of one that is damaged, those that can still be told.</summary>
    private IEnumerable<string> BlobsOf(string id)
    {
        try
        {
            return _directories.Read(id) is { } image ? [.. image.Layers, image.ManifestDigest, id] : [];
        }
        catch (HearthException)
        {
            return [id];
        }
    }
}

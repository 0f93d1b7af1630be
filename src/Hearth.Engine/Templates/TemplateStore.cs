using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Storage;
using Hearth.Engine.Snapshots;
using Hearth.Linux.Files;

namespace Hearth.Engine.Templates;

/// <summary>The templates of a home: <c>templates/&lt;key&gt;/</c>, complete when they are there. The manifest's time is that of the last use.</summary>
public sealed class TemplateStore(HearthPaths paths)
{
    /// <summary>A template that can be used; null when there is none. One that was changed is removed.</summary>
    public FrozenState? Open(string key)
    {
        try
        {
            FrozenState? state = FrozenState.TryOpen(Path.Combine(paths.Templates, key));
            state?.RequireUnchanged();
            return state;
        }
        catch (HearthException)
        {
            Remove(key);
            return null;
        }
    }

    /// <summary>Notes a use: the least recently used are the first to go.</summary>
    public static void Touch(FrozenState state, DateTimeOffset now)
    {
        try
        {
            File.SetLastWriteTimeUtc(Path.Combine(state.Directory, FrozenState.ManifestFile), now.UtcDateTime);
        }
        catch (IOException)
        {
            // It was removed meanwhile; whoever uses it has its own names for its files.
        }
    }

    /// <summary>All templates, the last used first.</summary>
    public IReadOnlyList<TemplateEntry> List()
    {
        List<TemplateEntry> entries = [];
        foreach (string directory in Directory.EnumerateDirectories(paths.Templates))
        {
            try
            {
                if (FrozenState.TryOpen(directory) is { } state)
                {
                    DateTime used = File.GetLastWriteTimeUtc(Path.Combine(directory, FrozenState.ManifestFile));
                    entries.Add(new TemplateEntry(state, AllocatedSize.OfTree(directory), new DateTimeOffset(used, TimeSpan.Zero)));
                }
            }
            catch (HearthException)
            {
                Remove(Path.GetFileName(directory));
            }
        }

        entries.Sort(static (a, b) => b.LastUsed.CompareTo(a.LastUsed));
        return entries;
    }

    /// <summary>Makes a finished state the template of a key, and lets the least recently used go beyond the budget. The caller holds the key's lock.</summary>
    /// <param name="directory">Renamed into place.</param>
    /// <param name="key">Its key.</param>
    /// <param name="budgetBytes">What all templates may take.</param>
    /// <returns>Where it is.</returns>
    internal string Publish(string directory, string key, long budgetBytes)
    {
        string place = Path.Combine(paths.Templates, key);
        Remove(key); // What is in the way has no manifest, or it would have been found.
        Directory.Move(directory, place);
        Evict(budgetBytes, keep: key);
        return place;
    }

    /// <summary>Removes a template; VMs that were made from it are not disturbed. False when there was none.</summary>
    public bool Remove(string key) => DoomedDirectory.Remove(Path.Combine(paths.Templates, key), paths.Staging);

    /// <summary>The templates that a person means: the one whose key begins so, or all of an image.</summary>
    /// <exception cref="HearthException"><c>template.not-found</c>, <c>template.ambiguous</c>.</exception>
    public static IReadOnlyList<TemplateEntry> Find(string keyOrImage, IReadOnlyList<TemplateEntry> among)
    {
        TemplateEntry[] byKey = VmId.IsPrefix(keyOrImage) ? [.. among.Where(entry => entry.Key.StartsWith(keyOrImage, StringComparison.Ordinal))] : [];
        if (byKey.Length == 1)
        {
            return byKey;
        }

        TemplateEntry[] byImage = [.. among.Where(entry => IsOf(entry.State.Manifest, keyOrImage))];
        return byImage.Length > 0 ? byImage : byKey.Length switch
        {
            0 => throw new HearthException("template.not-found", $"No such template: {keyOrImage}", "'hearth template ls' lists them.", 1),
            _ => throw new HearthException("template.ambiguous", $"'{keyOrImage}' is the start of {byKey.Length} templates' keys.", "Give more digits.", 1),
        };
    }

    /// <summary>Removes the templates for which something holds, such as those of an image that is gone.</summary>
    /// <returns>What was removed.</returns>
    public IReadOnlyList<TemplateEntry> RemoveWhere(Func<FrozenManifest, bool> doomed) =>
        [.. List().Where(entry => doomed(entry.State.Manifest) && Remove(entry.Key))];

    /// <summary>The least recently used whose removal makes the rest fit.</summary>
    /// <param name="budgetBytes">What may stay.</param>
    /// <param name="keep">The key of one that stays whatever it takes; it counts.</param>
    public IReadOnlyList<TemplateEntry> Surplus(long budgetBytes, string? keep = null)
    {
        IReadOnlyList<TemplateEntry> entries = List();
        List<TemplateEntry> surplus = [];
        long sum = entries.Where(entry => entry.Key == keep).Sum(static entry => entry.Bytes);
        foreach (TemplateEntry entry in entries.Where(entry => entry.Key != keep))
        {
            if (sum + entry.Bytes > budgetBytes)
            {
                surplus.Add(entry);
            }
            else
            {
                sum += entry.Bytes;
            }
        }

        return surplus;
    }

    /// <summary>Removes <see cref="Surplus"/>.</summary>
    /// <returns>What was removed.</returns>
    public IReadOnlyList<TemplateEntry> Evict(long budgetBytes, string? keep = null) => [.. Surplus(budgetBytes, keep).Where(entry => Remove(entry.Key))];

    /// <summary>An image is meant by the name that it was run by, with or without <c>:latest</c>, or by its id or at least 4 digits of that.</summary>
    public static bool IsOf(FrozenManifest manifest, string image)
    {
        string hex = image.StartsWith("sha256:", StringComparison.Ordinal) ? image["sha256:".Length..] : image;
        bool isId = hex.Length >= 4 && manifest.ImageId.StartsWith("sha256:" + hex, StringComparison.Ordinal);
        return isId || manifest.Image == image || manifest.Image == image + ":latest" || manifest.Image + ":latest" == image;
    }
}

using Hearth.Core.Errors;
using Hearth.Core.Storage;
using Hearth.Engine.Snapshots;
using Hearth.Linux.Files;

namespace Hearth.Engine.Templates;

/// <summary>The templates of a home: <c>templates/&lt;key&gt;/</c>, complete when they are there. The manifest's time is that of the last use.</summary>
public sealed class TemplateStore(HearthPaths paths)
{
    /// <summary>What templates may take on the disk before the least recently used go.</summary>
    public const long DefaultBudgetBytes = 8L << 30;

    /// <summary>A template that can be used; null when there is none. One that was changed is removed.</summary>
    public FrozenState? Find(string key)
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

    /// <summary>Removes a template; VMs that were made from it are not disturbed. False when there was none.</summary>
    public bool Remove(string key) => DoomedDirectory.Remove(Path.Combine(paths.Templates, key), paths.Staging);

    /// <summary>Removes the least recently used until the rest fits.</summary>
    /// <returns>What was removed.</returns>
    public IReadOnlyList<TemplateEntry> Evict(long budgetBytes)
    {
        List<TemplateEntry> removed = [];
        long sum = 0;
        foreach (TemplateEntry entry in List())
        {
            sum += entry.Bytes;
            if (sum > budgetBytes && Remove(entry.State.Manifest.Name))
            {
                sum -= entry.Bytes;
                removed.Add(entry);
            }
        }

        return removed;
    }
}

using Hearth.Images.Tests.Layers;

namespace Hearth.Images.Tests.RootFs;

/// <summary>
/// Random layers over a small set of names, beside the simplest model of what they mean: a dictionary to which the layers are
/// applied one by one from the bottom, as a container runtime does on disk.
/// </summary>
internal sealed class LayerStack
{
    private static readonly string[] s_names = ["a", "b", "c"];

    private readonly SortedDictionary<string, string> _model = new(StringComparer.Ordinal);

    public SortedDictionary<string, string> Model => _model;

    public List<byte[]> Layers { get; } = [];

    /// <summary>Adds one layer: each choice is one entry, as far as an archive may hold it.</summary>
    public void Add(IEnumerable<int> choices)
    {
        var own = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var removed = new HashSet<string>();
        var opaque = new HashSet<string>();
        Layers.Add(TarBytes.Of(tar =>
        {
            foreach (int choice in choices)
            {
                AddEntry(tar, choice & 0xffff, own, removed, opaque);
            }
        }));
        Apply(own, removed, opaque);
    }

    private static void AddEntry(
        TarBytes tar, int choice, SortedDictionary<string, string> own, HashSet<string> removed, HashSet<string> opaque)
    {
        string[] parts = [.. Enumerable.Range(0, 1 + (choice % 3)).Select(level => s_names[(choice >> (2 + (2 * level))) % 3])];
        string path = string.Join('/', parts);
        string parent = string.Join('/', parts[..^1]);
        if (!MakeParents(tar, parts, own))
        {
            return;
        }

        int kind = (choice >> 10) % 6;
        string slash = parent.Length == 0 ? string.Empty : parent + "/";
        if (kind == 0)
        {
            removed.Add(path);
            tar.File($"{slash}.wh.{parts[^1]}", string.Empty);
        }
        else if (kind == 1 && parent.Length > 0)
        {
            opaque.Add(parent);
            tar.File($"{slash}.wh..wh..opq", string.Empty);
        }
        else if (!own.ContainsKey(path))
        {
            AddNode(tar, path, kind, choice, own);
        }
    }

    private static void AddNode(TarBytes tar, string path, int kind, int choice, SortedDictionary<string, string> own)
    {
        string? target = own.FirstOrDefault(item => item.Value.StartsWith("file", StringComparison.Ordinal)).Key;
        if (kind == 2)
        {
            int mode = choice % 2 == 0 ? 0x1ed : 0x1c0;
            tar.Directory(path + "/", mode);
            own[path] = $"dir {Convert.ToString(mode, 8)}";
        }
        else if (kind == 3 && target is not null)
        {
            tar.HardLink(path, target);
            own[path] = own[target];
        }
        else if (kind == 4)
        {
            tar.SymbolicLink(path, $"to{choice}");
            own[path] = $"link to{choice}";
        }
        else
        {
            tar.File(path, $"{choice}");
            own[path] = $"file 644 {choice}";
        }
    }

    private static bool MakeParents(TarBytes tar, string[] parts, SortedDictionary<string, string> own)
    {
        for (int length = 1; length < parts.Length; length++)
        {
            string parent = string.Join('/', parts[..length]);
            if (own.TryAdd(parent, "dir 755"))
            {
                tar.Directory(parent + "/");
            }
            else if (!own[parent].StartsWith("dir", StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private void Apply(SortedDictionary<string, string> own, HashSet<string> removed, HashSet<string> opaque)
    {
        foreach (string path in removed)
        {
            Remove(path);
        }

        foreach (string path in _model.Keys.Where(key => opaque.Any(mark => key.StartsWith(mark + "/", StringComparison.Ordinal))).ToList())
        {
            _model.Remove(path);
        }

        foreach ((string path, string node) in own)
        {
            bool merges = node.StartsWith("dir", StringComparison.Ordinal)
                && _model.TryGetValue(path, out string? below) && below.StartsWith("dir", StringComparison.Ordinal);
            if (!merges)
            {
                Remove(path);
            }

            _model[path] = node;
        }
    }

    private void Remove(string path)
    {
        foreach (string key in _model.Keys.Where(key => key == path || key.StartsWith(path + "/", StringComparison.Ordinal)).ToList())
        {
            _model.Remove(key);
        }
    }
}

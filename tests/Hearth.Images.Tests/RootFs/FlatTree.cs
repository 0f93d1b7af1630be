using Hearth.Images.Layers;
using Hearth.Images.RootFs;
using Hearth.Images.Tests.Layers;

namespace Hearth.Images.Tests.RootFs;

/// <summary>Flattens layers given as archives, and shows the outcome as one line per path.</summary>
internal static class FlatTree
{
    /// <summary>Path to description: <c>dir 755</c>, <c>file 644 content</c>, <c>link target</c>; hard links show the file they share.</summary>
    public static SortedDictionary<string, string> Of(params byte[][] lowestFirst) => Describe(Archive.Read(Flatten(new LayerLimits(), lowestFirst)));

    public static byte[] Flatten(LayerLimits limits, params byte[][] lowestFirst)
    {
        string folder = Directory.CreateTempSubdirectory("hearth-layers-").FullName;
        try
        {
            var layers = new List<LayerSource>();
            foreach (byte[] bytes in lowestFirst)
            {
                string path = Path.Combine(folder, $"{layers.Count}");
                File.WriteAllBytes(path, bytes);
                layers.Add(new LayerSource($"sha256:{layers.Count:x64}"[..^1] + layers.Count, path, string.Empty));
            }

            using var output = new MemoryStream();
            new LayerFlattener(new TarWriter(output), limits, (_, _) => { }, CancellationToken.None).Write(layers);
            return output.ToArray();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static SortedDictionary<string, string> Describe(List<(TarEntry Entry, string Content)> entries)
    {
        var tree = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((TarEntry entry, string content) in entries)
        {
            string path = entry.Name == "./" ? "." : entry.Name.TrimEnd('/');
            for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
            {
                tree.TryAdd(path[..slash], "dir 755");
            }

            string mode = Convert.ToString(entry.Mode, 8);
            string line = entry.Kind switch
            {
                TarEntryKind.Directory => $"dir {mode}",
                TarEntryKind.File => $"file {mode} {content}",
                TarEntryKind.SymbolicLink => $"link {entry.LinkName}",
                TarEntryKind.HardLink => tree[entry.LinkName],
                _ => $"{entry.Kind}",
            };
            bool impliedBefore = entry.Kind == TarEntryKind.Directory && tree.GetValueOrDefault(path) == "dir 755";
            (impliedBefore || !tree.ContainsKey(path)).ShouldBeTrue($"{path} is written twice");
            tree[path] = line;
        }

        return tree;
    }
}

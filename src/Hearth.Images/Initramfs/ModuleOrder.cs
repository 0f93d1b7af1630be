using System.Text;

namespace Hearth.Images.Initramfs;

/// <summary>
/// The order in which modules load: dependencies first. They are read from each module's own <c>.modinfo</c> section
/// (<c>depends=a,b</c>), since the kernel package carries no <c>modules.dep</c>: depmod(8) writes that on installation.
/// </summary>
internal static class ModuleOrder
{
    /// <summary>Names of modules are the same with '-' and '_' (<c>virtio-rng.ko</c> is <c>virtio_rng</c>).</summary>
    public static string Normalize(string name) => name.Replace('-', '_');

    /// <param name="wanted">Names in the order wished for.</param>
    /// <param name="dependsOn">What a module depends on; null when there is no such module (it is built in).</param>
    /// <returns>The wanted modules and all they depend on, each once.</returns>
    /// <exception cref="InvalidDataException">Modules depend on each other in a circle.</exception>
    public static IReadOnlyList<string> Resolve(IEnumerable<string> wanted, Func<string, IReadOnlyList<string>?> dependsOn)
    {
        var ordered = new List<string>();
        var done = new HashSet<string>(StringComparer.Ordinal);
        var path = new List<string>();
        foreach (string name in wanted)
        {
            Visit(Normalize(name));
        }

        return ordered;

        void Visit(string name)
        {
            if (path.Contains(name))
            {
                throw new InvalidDataException($"modules depend on each other in a circle: {string.Join(" -> ", path)} -> {name}");
            }

            if (!done.Contains(name) && dependsOn(name) is { } dependencies)
            {
                path.Add(name);
                foreach (string dependency in dependencies)
                {
                    Visit(Normalize(dependency));
                }

                path.RemoveAt(path.Count - 1);
                done.Add(name);
                ordered.Add(name);
            }
        }
    }

    /// <summary>The value of <c>depends=</c> in a module's <c>.modinfo</c>.</summary>
    /// <exception cref="InvalidDataException">Not an ELF file.</exception>
    public static IReadOnlyList<string> ReadDependencies(ReadOnlyMemory<byte> module)
    {
        const string Key = "depends=";
        string text = Encoding.UTF8.GetString(ElfFile.Parse(module).ReadSection(".modinfo"));
        string? entry = text.Split('\0').FirstOrDefault(static line => line.StartsWith(Key, StringComparison.Ordinal));
        return entry is null ? [] : entry[Key.Length..].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>All modules of a directory and those below, by normalised name.</summary>
    public static Dictionary<string, string> Find(string directory) =>
        Directory.EnumerateFiles(directory, "*.ko", SearchOption.AllDirectories)
            .ToDictionary(static path => Normalize(Path.GetFileNameWithoutExtension(path)), static path => path, StringComparer.Ordinal);

    /// <summary>Wanted modules of a directory with all they depend on, as paths in load order.</summary>
    public static IReadOnlyList<string> ResolveFiles(string directory, IEnumerable<string> wanted)
    {
        Dictionary<string, string> found = Find(directory);
        return [.. Resolve(wanted, name => found.TryGetValue(name, out string? path) ? ReadDependencies(File.ReadAllBytes(path)) : null)
            .Select(name => found[name])];
    }
}

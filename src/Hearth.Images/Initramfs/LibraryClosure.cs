using Hearth.Core.Errors;

namespace Hearth.Images.Initramfs;

/// <summary>
/// The shared libraries that a dynamic program needs, from this machine: its loader and, transitively, every DT_NEEDED
/// (ld.so(8)). Nothing is run for it, unlike ldd(1).
/// </summary>
internal sealed class LibraryClosure(IReadOnlyList<string> directories)
{
    /// <summary>Where ld.so looks without a cache: Debian's directories, then those of distributions with lib64.</summary>
    public static LibraryClosure Host { get; } = new(
        ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"]);

    /// <returns>Absolute paths, the loader first; empty for a static program.</returns>
    /// <exception cref="HearthException"><c>initramfs.library-missing</c>.</exception>
    /// <exception cref="InvalidDataException">The program or a library is no ELF file.</exception>
    public IReadOnlyList<string> Resolve(ReadOnlyMemory<byte> program)
    {
        ElfFile elf = ElfFile.Parse(program);
        if (elf.ReadInterpreter() is not { } interpreter)
        {
            return [];
        }

        var found = new List<string> { interpreter };
        var seen = new HashSet<string>(StringComparer.Ordinal) { Path.GetFileName(interpreter) };
        var waiting = new Queue<string>(elf.ReadNeeded());
        while (waiting.TryDequeue(out string? name))
        {
            if (seen.Add(name))
            {
                string path = Find(name);
                found.Add(path);
                foreach (string next in ElfFile.Parse(File.ReadAllBytes(path)).ReadNeeded())
                {
                    waiting.Enqueue(next);
                }
            }
        }

        return found;
    }

    private string Find(string name) =>
        directories.Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists)
        ?? throw new HearthException(
            "initramfs.library-missing",
            $"The guest agent needs the library '{name}', which is not in {string.Join(", ", directories)}.",
            "Install the package that contains it, or build Hearth again on this machine.");
}

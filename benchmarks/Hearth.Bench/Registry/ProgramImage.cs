using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Hearth.Bench.Processes;

namespace Hearth.Bench.Registry;

/// <summary>An image of busybox and one of the host's programs with the libraries that it is linked with, so that a guest has it without a network.</summary>
internal static partial class ProgramImage
{
    private const UnixFileMode Executable = (UnixFileMode)0b111_101_101;

    /// <summary>Makes it, as <c>docker save</c> would write it, and loads it into the home.</summary>
    /// <param name="hearth">Whose home.</param>
    /// <param name="directory">Holds what is made on the way.</param>
    /// <param name="program">An absolute path; the container finds it in <c>/bin</c>.</param>
    /// <returns>The name to run it by.</returns>
    public static string Load(HearthBinary hearth, string directory, string program)
    {
        string name = $"localhost/bench/{Path.GetFileName(program)}:1";
        string layer = Path.Combine(directory, "program-layer.tar");
        string archive = Path.Combine(directory, "program-image.tar");
        try
        {
            WriteLayer(layer, program);
            WriteArchive(archive, layer, name);
            hearth.RunChecked("load", "-q", "-i", archive);
            return name;
        }
        finally
        {
            File.Delete(layer);
            File.Delete(archive);
        }
    }

    private static void WriteLayer(string path, string program)
    {
        using FileStream output = File.Create(path);
        using TarWriter tar = new(output, TarEntryFormat.Ustar);
        foreach (string directory in (string[])["bin", "dev", "etc", "lib", "lib64", "proc", "sys", "tmp"])
        {
            tar.WriteEntry(Dated(new UstarTarEntry(TarEntryType.Directory, directory + "/") { Mode = Executable }));
        }

        AddFile(tar, "bin/busybox", "/bin/busybox");
        tar.WriteEntry(Dated(new UstarTarEntry(TarEntryType.SymbolicLink, "bin/sh") { LinkName = "busybox" }));
        AddFile(tar, $"bin/{Path.GetFileName(program)}", program);
        foreach (string library in Library().Matches(Child.RunChecked("ldd", [program]).Output).Select(static match => match.Value).Distinct())
        {
            // The loader is named by its whole path in every program; all others are looked for in /lib.
            AddFile(tar, library.StartsWith("/lib64/", StringComparison.Ordinal) ? library[1..] : $"lib/{Path.GetFileName(library)}", library);
        }
    }

    private static void WriteArchive(string path, string layer, string name)
    {
        using FileStream output = File.Create(path);
        using TarWriter tar = new(output, TarEntryFormat.Ustar);
        AddFile(tar, "layer.tar", layer);
        AddText(tar, "config.json", $$$"""
            {"architecture":"amd64","os":"linux","config":{"Cmd":["/bin/sh"],"Env":["PATH=/bin","LD_LIBRARY_PATH=/lib"]},"rootfs":{"type":"layers","diff_ids":["sha256:{{{Digest(layer)}}}"]}}
            """);
        AddText(tar, "manifest.json", $$"""[{"Config":"config.json","RepoTags":["{{name}}"],"Layers":["layer.tar"]}]""");
    }

    private static void AddFile(TarWriter tar, string name, string file)
    {
        using FileStream content = File.OpenRead(file);
        tar.WriteEntry(Dated(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = content, Mode = Executable }));
    }

    private static void AddText(TarWriter tar, string name, string text) =>
        tar.WriteEntry(Dated(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) }));

    /// <summary>The same at every run, so that the image is built once; a PAX header would have the number of this process in it.</summary>
    private static UstarTarEntry Dated(UstarTarEntry entry)
    {
        entry.ModificationTime = DateTimeOffset.UnixEpoch;
        return entry;
    }

    private static string Digest(string path)
    {
        using FileStream input = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(input));
    }

    [GeneratedRegex(@"(?<=\s)/\S+\.so\S*")]
    private static partial Regex Library();
}

using System.Formats.Tar;

namespace Hearth.Vm.Tests.Copying;

/// <summary>Archives in memory.</summary>
internal static class TarBytes
{
    public static byte[] Of(string name, byte[] content)
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        }

        return archive.ToArray();
    }

    /// <summary>The content of the archive's one file.</summary>
    public static byte[] ContentOf(byte[] archive)
    {
        using var reader = new TarReader(new MemoryStream(archive));
        TarEntry entry = reader.GetNextEntry().ShouldNotBeNull();
        using var content = new MemoryStream();
        entry.DataStream.ShouldNotBeNull().CopyTo(content);
        reader.GetNextEntry().ShouldBeNull();
        return content.ToArray();
    }
}

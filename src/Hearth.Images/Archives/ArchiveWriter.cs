using System.Formats.Tar;
using System.Text.Json;
using Hearth.Images.Documents;
using Hearth.Images.Transport;

namespace Hearth.Images.Archives;

/// <summary>
/// Writes images as archives. An oci-archive is the blobs as they are. For a docker-archive skopeo unpacks the layers of each image, and
/// the archives are joined, because it writes one image to an archive only.
/// </summary>
internal sealed class ArchiveWriter(string directory, string blobRoot)
{
    private const string DockerList = "manifest.json";
    private const string LegacyList = "repositories";

    /// <summary>An image to save: its manifest's digest and size, the blobs it needs, and its full names.</summary>
    public sealed record Item(string ManifestDigest, long ManifestSize, IReadOnlyList<string> Blobs, IReadOnlyList<string> Names);

    public async Task WriteOciAsync(IReadOnlyList<Item> images, Stream destination, CancellationToken cancellationToken)
    {
        await using var tar = new TarWriter(destination, TarEntryFormat.Pax, leaveOpen: true);
        await AddAsync(tar, "oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray(), cancellationToken);
        (string, long, string?)[] entries =
            [.. images.SelectMany(static image => (image.Names.Count > 0 ? image.Names : [null!]).Select(name => (image.ManifestDigest, image.ManifestSize, (string?)name)))];
        await AddAsync(tar, "index.json", ManifestWriter.Index(entries), cancellationToken);
        foreach (string digest in images.SelectMany(static image => image.Blobs).Distinct())
        {
            string hex = digest["sha256:".Length..];
            await using FileStream blob = File.OpenRead(Path.Combine(blobRoot, "sha256", hex));
            await tar.WriteEntryAsync(Entry($"blobs/sha256/{hex}", blob), cancellationToken);
        }
    }

    public async Task WriteDockerAsync(IReadOnlyList<Item> images, Stream destination, CancellationToken cancellationToken)
    {
        var archives = new List<string>();
        foreach (Item image in images)
        {
            string archive = Path.Combine(directory, $"docker-{archives.Count}.tar");
            string layout = Path.Combine(directory, $"layout-{archives.Count}");
            Directory.CreateDirectory(layout);
            await File.WriteAllTextAsync(Path.Combine(layout, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""", cancellationToken);
            await File.WriteAllBytesAsync(Path.Combine(layout, "index.json"), ManifestWriter.Index([(image.ManifestDigest, image.ManifestSize, "image")]), cancellationToken);
            await SkopeoTransport.WriteDockerArchiveAsync($"oci:{layout}:image", blobRoot, archive, image.Names, cancellationToken);
            archives.Add(archive);
        }

        if (archives is [var only])
        {
            await using FileStream file = File.OpenRead(only);
            await file.CopyToAsync(destination, cancellationToken);
            return;
        }

        await JoinAsync(archives, destination, cancellationToken);
    }

    private static async Task JoinAsync(List<string> archives, Stream destination, CancellationToken cancellationToken)
    {
        var lists = new List<JsonElement>();
        var seen = new HashSet<string>(StringComparer.Ordinal) { LegacyList };
        await using var tar = new TarWriter(destination, TarEntryFormat.Pax, leaveOpen: true);
        foreach (string archive in archives)
        {
            await using FileStream file = File.OpenRead(archive);
            await using var reader = new TarReader(file);
            while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
            {
                if (entry.Name == DockerList)
                {
                    using JsonDocument list = await JsonDocument.ParseAsync(entry.DataStream!, cancellationToken: cancellationToken);
                    lists.AddRange(list.RootElement.EnumerateArray().Select(static image => image.Clone()));
                }
                else if (seen.Add(entry.Name))
                {
                    await tar.WriteEntryAsync(entry, cancellationToken);
                }
            }
        }

        await AddAsync(tar, DockerList, JoinedList(lists), cancellationToken);
    }

    private static byte[] JoinedList(List<JsonElement> lists)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            lists.ForEach(image => image.WriteTo(writer));
            writer.WriteEndArray();
        }

        return buffer.ToArray();
    }

    private static async Task AddAsync(TarWriter tar, string name, byte[] content, CancellationToken cancellationToken)
    {
        using var data = new MemoryStream(content);
        await tar.WriteEntryAsync(Entry(name, data), cancellationToken);
    }

    private static PaxTarEntry Entry(string name, Stream content) => new(TarEntryType.RegularFile, name)
    {
        DataStream = content,
        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
        ModificationTime = DateTimeOffset.UnixEpoch,
    };
}

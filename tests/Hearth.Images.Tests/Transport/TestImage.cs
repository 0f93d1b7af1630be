using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Hearth.Images.Documents;
using Hearth.Images.References;
using Hearth.Images.Store;

namespace Hearth.Images.Tests.Transport;

/// <summary>Writes small real images into an OCI layout that skopeo copies from.</summary>
internal sealed class TestImage(string layout)
{
    private readonly List<(string Digest, long Size, string? Name)> _manifests = [];

    public string Layout => layout;

    /// <summary>Adds an image whose layers each hold one file, and returns its id.</summary>
    public string Add(string name, string? architecture, params (string Path, byte[] Content)[] layers)
    {
        (byte[] manifest, string id) = Image(architecture ?? ImagePlatform.Host.Architecture, layers);
        _manifests.Add((Blob(manifest), manifest.Length, name));
        Save(ImageManifest.MediaType);
        return id;
    }

    /// <summary>Adds an index of images for several architectures, alone in its layout, and returns their ids.</summary>
    public IReadOnlyList<string> AddIndex(string name, params string[] architectures)
    {
        var ids = new List<string>();
        var entries = new List<string>();
        foreach (string architecture in architectures)
        {
            (byte[] manifest, string id) = Image(architecture, [("arch", Encoding.UTF8.GetBytes(architecture))]);
            ids.Add(id);
            entries.Add($$$"""{"mediaType":"{{{ImageManifest.MediaType}}}","digest":"{{{Blob(manifest)}}}","size":{{{manifest.Length}}},"platform":{"os":"linux","architecture":"{{{architecture}}}"}}""");
        }

        const string IndexType = "application/vnd.oci.image.index.v1+json";
        byte[] index = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{IndexType}}","manifests":[{{string.Join(',', entries)}}]}""");
        _manifests.Add((Blob(index), index.Length, name));
        Save(IndexType);
        return ids;
    }

    private (byte[] Manifest, string Id) Image(string architecture, (string Path, byte[] Content)[] layers)
    {
        var descriptors = new List<Descriptor>();
        var diffIds = new List<string>();
        foreach ((string path, byte[] content) in layers)
        {
            byte[] tar = Tar(path, content);
            byte[] compressed = Compress(tar);
            diffIds.Add(BlobStore.DigestOf(tar));
            descriptors.Add(new Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", Blob(compressed), compressed.Length, null, new Dictionary<string, string>()));
        }

        byte[] config = Encoding.UTF8.GetBytes($$$"""
            {"created":"2024-01-01T00:00:00Z","architecture":"{{{architecture}}}","os":"linux","config":{"Cmd":["/bin/true"],"Labels":{"made":"here"}},
             "rootfs":{"type":"layers","diff_ids":[{{{string.Join(',', diffIds.Select(static id => $"\"{id}\""))}}}]}}
            """);
        return (ManifestWriter.Manifest(Blob(config), config.Length, descriptors), BlobStore.DigestOf(config));
    }

    private string Blob(byte[] content)
    {
        string digest = BlobStore.DigestOf(content);
        string directory = Path.Combine(layout, "blobs", "sha256");
        Directory.CreateDirectory(directory);
        File.WriteAllBytes(Path.Combine(directory, digest["sha256:".Length..]), content);
        return digest;
    }

    private void Save(string mediaType)
    {
        File.WriteAllText(Path.Combine(layout, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        File.WriteAllBytes(Path.Combine(layout, "index.json"), ManifestWriter.Index(_manifests, mediaType));
    }

    private static byte[] Tar(string path, byte[] content)
    {
        using var buffer = new MemoryStream();
        using (var writer = new TarWriter(buffer, TarEntryFormat.Ustar, leaveOpen: true))
        {
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(content), ModificationTime = DateTimeOffset.UnixEpoch });
        }

        return buffer.ToArray();
    }

    private static byte[] Compress(byte[] content)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return buffer.ToArray();
    }
}

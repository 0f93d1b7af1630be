using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Hearth.Vm.Tests.Images;

/// <summary>Writes an image as an OCI layout, which skopeo pushes to the registry of the test run.</summary>
internal static class OciLayout
{
    /// <param name="directory">Where the layout goes.</param>
    /// <param name="name">The image's name inside the layout.</param>
    /// <param name="config">The <c>config</c> object of the image, as JSON.</param>
    /// <param name="layers">The layers as tar, lowest first.</param>
    public static void Write(string directory, string name, string config, params byte[][] layers)
    {
        string blobs = Path.Combine(directory, "blobs", "sha256");
        Directory.CreateDirectory(blobs);
        string diffIds = string.Join(',', layers.Select(static layer => $"\"{Digest(layer)}\""));
        string descriptors = string.Join(',', layers.Select(layer => Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", Blob(blobs, Compress(layer)), null)));
        byte[] configuration = Encoding.UTF8.GetBytes(
            $$$"""{"created":"2024-01-01T00:00:00Z","architecture":"amd64","os":"linux","config":{{{config}}},"rootfs":{"type":"layers","diff_ids":[{{{diffIds}}}]}}""");
        string configDescriptor = Descriptor("application/vnd.oci.image.config.v1+json", Blob(blobs, configuration), null);
        const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
        byte[] manifest = Encoding.UTF8.GetBytes($$$"""{"schemaVersion":2,"mediaType":"{{{ManifestType}}}","config":{{{configDescriptor}}},"layers":[{{{descriptors}}}]}""");
        File.WriteAllText(Path.Combine(directory, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        File.WriteAllText(Path.Combine(directory, "index.json"), $$$"""{"schemaVersion":2,"manifests":[{{{Descriptor(ManifestType, Blob(blobs, manifest), name)}}}]}""");
    }

    private static string Descriptor(string mediaType, (string Digest, int Size) blob, string? name) =>
        $$"""{"mediaType":"{{mediaType}}","digest":"{{blob.Digest}}","size":{{blob.Size}}{{(name is null ? "" : $$""","annotations":{"org.opencontainers.image.ref.name":"{{name}}"}""")}}}""";

    private static (string Digest, int Size) Blob(string directory, byte[] content)
    {
        string digest = Digest(content);
        File.WriteAllBytes(Path.Combine(directory, digest["sha256:".Length..]), content);
        return (digest, content.Length);
    }

    private static string Digest(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

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

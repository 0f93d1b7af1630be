using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Hearth.Bench.Processes;

namespace Hearth.Bench.Registry;

/// <summary>
/// The image that pulls are compared on: a minimal Debian as the first layer and 5,000 small files as the second, gzip as
/// registries have it. Made once, as an OCI layout (image-layout.md of the OCI image specification), and kept between runs.
/// </summary>
internal static class BenchImage
{
    private const int Files = 5000;
    private const int FileBytes = 2048;
    private const int FilesPerDirectory = 100;
    private const int Seed = 20240501;

    /// <summary>The layout's directory; made when it is not there.</summary>
    public static string Ensure(string directory, Action<string> say)
    {
        string layout = Path.Combine(directory, "image");
        if (Directory.Exists(layout))
        {
            return layout;
        }

        say("build: making the image (a minimal Debian and 5,000 files; once)");
        string staging = layout + ".new";
        if (Directory.Exists(staging))
        {
            Directory.Delete(staging, recursive: true);
        }

        Directory.CreateDirectory(Path.Combine(staging, "blobs", "sha256"));
        string debian = Path.Combine(staging, "debian.tar");
        Child.RunChecked("mmdebstrap", ["--quiet", "--variant=minbase", "--format=tar", "bookworm", debian]);
        string files = Path.Combine(staging, "files.tar");
        WriteFiles(files);
        WriteLayout(staging, [AddLayer(staging, debian), AddLayer(staging, files)]);
        Directory.Move(staging, layout);
        return layout;
    }

    private static void WriteFiles(string path)
    {
        Random random = new(Seed);
        byte[] content = new byte[FileBytes];
        using FileStream output = File.Create(path);
        using TarWriter tar = new(output, TarEntryFormat.Pax);
        for (int i = 0; i < Files; i++)
        {
            if (i % FilesPerDirectory == 0)
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, $"srv/files/{i / FilesPerDirectory}/"));
            }

            // Half of each file compresses, as text does; the other half does not.
            random.NextBytes(content.AsSpan(0, FileBytes / 2));
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"srv/files/{i / FilesPerDirectory}/{i}") { DataStream = new MemoryStream(content) });
        }
    }

    private static Layer AddLayer(string layout, string tar)
    {
        string compressed = tar + ".gz";
        using (FileStream input = File.OpenRead(tar))
        using (GZipStream output = new(File.Create(compressed), CompressionLevel.Optimal))
        {
            input.CopyTo(output);
        }

        Layer layer = new(Digest(tar), Digest(compressed), new FileInfo(compressed).Length);
        File.Move(compressed, Blob(layout, layer.Compressed));
        File.Delete(tar);
        return layer;
    }

    private static void WriteLayout(string layout, Layer[] layers)
    {
        string differences = string.Join(',', layers.Select(static layer => $"\"sha256:{layer.Plain}\""));
        (string config, long configBytes) = AddBlob(layout, $$$"""
            {"architecture":"amd64","os":"linux","config":{"Cmd":["bash"]},"rootfs":{"type":"layers","diff_ids":[{{{differences}}}]}}
            """);
        string descriptors = string.Join(',', layers.Select(static layer =>
            $$$"""{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:{{{layer.Compressed}}}","size":{{{layer.Bytes}}}}"""));
        (string manifest, long manifestBytes) = AddBlob(layout, $$$"""
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:{{{config}}}","size":{{{configBytes}}}},"layers":[{{{descriptors}}}]}
            """);
        File.WriteAllText(Path.Combine(layout, "index.json"), $$$"""
            {"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{{{manifest}}}","size":{{{manifestBytes}}}}]}
            """);
        File.WriteAllText(Path.Combine(layout, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
    }

    private static (string Digest, long Bytes) AddBlob(string layout, string json)
    {
        byte[] content = Encoding.UTF8.GetBytes(json);
        string digest = Convert.ToHexStringLower(SHA256.HashData(content));
        File.WriteAllBytes(Blob(layout, digest), content);
        return (digest, content.Length);
    }

    private static string Blob(string layout, string digest) => Path.Combine(layout, "blobs", "sha256", digest);

    private static string Digest(string path)
    {
        using FileStream input = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(input));
    }

    /// <param name="Plain">Digest of the tar.</param>
    /// <param name="Compressed">Digest of the blob.</param>
    /// <param name="Bytes">The blob's size.</param>
    private sealed record Layer(string Plain, string Compressed, long Bytes);
}

using System.Text.Json;
using Hearth.Images.Documents;
using Hearth.Images.References;
using Hearth.Images.Store;

namespace Hearth.Images.Catalogue;

/// <summary>Makes an image of one layer out of what a recipe made. No time of day goes into it: the same files give the same id.</summary>
internal static class CatalogueContent
{
    public static async Task<ImageContent> StoreAsync(string name, CatalogueImage made, BlobStore blobs, CancellationToken cancellationToken)
    {
        long size = new FileInfo(made.LayerTar).Length;
        string layer = await blobs.AdoptAsync(made.LayerTar, cancellationToken);
        byte[] config = Config(made, layer);
        var descriptor = new Descriptor(ImageManifest.TarLayerMediaType, layer, size, Platform: null, new Dictionary<string, string>());
        byte[] manifest = ManifestWriter.Manifest(BlobStore.DigestOf(config), config.Length, [descriptor]);
        return new ImageContent(name, manifest, config, ImagePlatform.Host, PlatformAsked: false);
    }

    private static byte[] Config(CatalogueImage made, string diffId)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("created", "1970-01-01T00:00:00Z");
            writer.WriteString("architecture", ImagePlatform.Host.Architecture);
            writer.WriteString("os", "linux");
            writer.WriteStartObject("config");
            Texts(writer, "Env", made.Environment);
            Texts(writer, "Cmd", made.Command);
            writer.WriteEndObject();
            writer.WriteStartObject("rootfs");
            writer.WriteString("type", "layers");
            Texts(writer, "diff_ids", [diffId]);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void Texts(Utf8JsonWriter writer, string name, IReadOnlyList<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }
}

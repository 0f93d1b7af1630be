using System.Text.Json;

namespace Hearth.Images.Documents;

/// <summary>Writes OCI manifests and indexes; the same content is the same bytes.</summary>
internal static class ManifestWriter
{
    public static byte[] Manifest(string configDigest, long configSize, IReadOnlyList<Descriptor> layers) => Write(writer =>
    {
        writer.WriteString("mediaType", ImageManifest.MediaType);
        writer.WriteStartObject("config");
        Content(writer, ImageManifest.ConfigMediaType, configDigest, configSize);
        writer.WriteEndObject();
        writer.WriteStartArray("layers");
        foreach (Descriptor layer in layers)
        {
            writer.WriteStartObject();
            Content(writer, layer.MediaType, layer.Digest, layer.Size);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    /// <summary>An index whose entries are manifests, each with the name it is chosen by; null for none.</summary>
    public static byte[] Index(
        IReadOnlyList<(string Digest, long Size, string? Name)> manifests, string mediaType = ImageManifest.MediaType) => Write(writer =>
    {
        writer.WriteStartArray("manifests");
        foreach ((string digest, long size, string? name) in manifests)
        {
            writer.WriteStartObject();
            Content(writer, mediaType, digest, size);
            if (name is not null)
            {
                writer.WriteStartObject("annotations");
                writer.WriteString(Descriptor.RefName, name);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("schemaVersion", 2);
            members(writer);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void Content(Utf8JsonWriter writer, string mediaType, string digest, long size)
    {
        writer.WriteString("mediaType", mediaType);
        writer.WriteString("digest", digest);
        writer.WriteNumber("size", size);
    }
}

using System.Text.Json;
using Hearth.Core.Errors;

namespace Hearth.Images.Documents;

/// <summary>An image manifest, OCI or Docker version 2 schema 2: the configuration and the layers, lowest first.</summary>
internal sealed record ImageManifest(Descriptor Config, IReadOnlyList<Descriptor> Layers)
{
    public const string MediaType = "application/vnd.oci.image.manifest.v1+json";
    public const string ConfigMediaType = "application/vnd.oci.image.config.v1+json";
    public const string TarLayerMediaType = "application/vnd.oci.image.layer.v1.tar";

    /// <summary>Bytes; registries and Docker accept no larger one.</summary>
    public const int MaximumBytes = 4 << 20;

    /// <summary>More than any builder makes (overlayfs itself stops at 500).</summary>
    private const int MaximumLayers = 1000;

    /// <summary>Whether the document is an index (a Docker manifest list) and not a manifest.</summary>
    public static bool IsIndex(ReadOnlyMemory<byte> json, string subject) =>
        JsonFields.Read(json, subject, MaximumBytes, static root => root.ValueKind == JsonValueKind.Object && root.TryGetProperty("manifests", out _));

    /// <exception cref="HearthException"><c>image.corrupt</c>: not a manifest.</exception>
    public static ImageManifest Parse(ReadOnlyMemory<byte> json, string subject) =>
        JsonFields.Read(json, subject, MaximumBytes, static root =>
        {
            if (JsonFields.Number(root, "schemaVersion") == 1)
            {
                throw new JsonException("its format is Docker's version 2 schema 1, which was retired; push the image again with a current tool");
            }

            Descriptor config = JsonFields.Descriptor(JsonFields.Required(root, "config", JsonValueKind.Object));
            Descriptor[] layers = [.. JsonFields.Items(root, "layers", MaximumLayers).Select(JsonFields.Descriptor)];
            return new ImageManifest(config, layers);
        });

    /// <exception cref="HearthException"><c>image.corrupt</c>: not an index.</exception>
    public static IReadOnlyList<Descriptor> ParseIndex(ReadOnlyMemory<byte> json, string subject) =>
        JsonFields.Read(json, subject, MaximumBytes, static root =>
        {
            JsonFields.Required(root, "manifests", JsonValueKind.Array);
            Descriptor[] entries = [.. JsonFields.Items(root, "manifests", MaximumLayers).Select(JsonFields.Descriptor)];
            return entries;
        });
}

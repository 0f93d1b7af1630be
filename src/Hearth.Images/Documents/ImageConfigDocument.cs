using System.Globalization;
using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Core.Specs;

namespace Hearth.Images.Documents;

/// <summary>An image's configuration as its builder wrote it (OCI image specification, config.md; Docker's is the same but for names nobody reads here). The diff ids are digests of the uncompressed layers, lowest first.</summary>
internal sealed record ImageConfigDocument(OciImageConfig Config, IReadOnlyList<string> DiffIds, string Variant, string Author)
{
    public const int MaximumBytes = 8 << 20;

    private const int MaximumEntries = 10_000;

    /// <exception cref="HearthException"><c>image.corrupt</c>: not an image configuration.</exception>
    public static ImageConfigDocument Parse(ReadOnlyMemory<byte> json, string subject) => JsonFields.Read(json, subject, MaximumBytes, Read);

    private static ImageConfigDocument Read(JsonElement root)
    {
        JsonElement container = JsonFields.Optional(root, "config", JsonValueKind.Object) ?? EmptyObject();
        IReadOnlyList<string> diffIds = JsonFields.Optional(root, "rootfs", JsonValueKind.Object) is { } rootfs
            ? JsonFields.Texts(rootfs, "diff_ids", MaximumEntries)
            : [];
        var config = new OciImageConfig
        {
            Entrypoint = JsonFields.Texts(container, "Entrypoint", MaximumEntries),
            Cmd = JsonFields.Texts(container, "Cmd", MaximumEntries),
            Env = JsonFields.Texts(container, "Env", MaximumEntries),
            WorkingDir = JsonFields.Text(container, "WorkingDir"),
            User = JsonFields.Text(container, "User"),
            StopSignal = JsonFields.Text(container, "StopSignal"),
            ExposedPorts = Keys(container, "ExposedPorts"),
            Volumes = Keys(container, "Volumes"),
            Labels = JsonFields.TextMap(container, "Labels"),
            Healthcheck = HealthcheckDocument.Read(container),
            Architecture = JsonFields.Text(root, "architecture"),
            Os = JsonFields.Text(root, "os"),
            Created = Time(JsonFields.Text(root, "created")),
        };
        return new ImageConfigDocument(config, diffIds, JsonFields.Text(root, "variant"), JsonFields.Text(root, "author"));
    }

    private static JsonElement EmptyObject()
    {
        using JsonDocument empty = JsonDocument.Parse("{}");
        return empty.RootElement.Clone();
    }

    private static string[] Keys(JsonElement parent, string name) =>
        JsonFields.Optional(parent, name, JsonValueKind.Object) is { } members ? [.. members.EnumerateObject().Select(static member => member.Name)] : [];

    private static DateTimeOffset? Time(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;
}

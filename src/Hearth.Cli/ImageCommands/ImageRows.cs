using System.Text.Json.Nodes;
using Hearth.Cli.Listing;
using Hearth.Cli.Output;
using Hearth.Core.Naming;
using Hearth.Core.Units;
using Hearth.Images.Store;

namespace Hearth.Cli.ImageCommands;

/// <summary>Images as rows of <c>images</c>: one for every name.</summary>
internal static class ImageRows
{
    private const string None = "<none>";

    /// <param name="digests">Whether the table has a column of digests.</param>
    public static IReadOnlyList<Column> Columns(bool digests) =>
    [
        new("Repository", "REPOSITORY"), new("Tag", "TAG"), new("Digest", "DIGEST", digests), new("ID", "IMAGE ID"), new("CreatedSince", "CREATED"),
        new("Size", "SIZE"), new("CreatedAt", "CREATED AT", false), new("Architecture", "ARCHITECTURE", false), new("Labels", "LABELS", false),
        new("Containers", "CONTAINERS", false), new("SharedSize", "SHARED SIZE", false), new("UniqueSize", "UNIQUE SIZE", false), new("VirtualSize", "VIRTUAL SIZE", false),
    ];

    public static IEnumerable<ListingRow> Of(ImageRecord image, DateTimeOffset now, bool noTruncation)
    {
        IReadOnlyList<string> names = image.RepoTags.Count > 0 ? image.RepoTags : [image.RepoDigests.Count > 0 ? Split(image.RepoDigests[0]).Repository : None];
        return names.Select(name => Row(image, name, now, noTruncation));
    }

    /// <summary>A name without its tag, and the tag.</summary>
    public static (string Repository, string Tag) Split(string name)
    {
        int at = name.IndexOf('@', 1);
        string plain = at > 0 ? name[..at] : name;
        int colon = plain.IndexOf(':', plain.LastIndexOf('/') + 1);
        return colon < 0 ? (plain, None) : (plain[..colon], plain[(colon + 1)..]);
    }

    private static ListingRow Row(ImageRecord image, string name, DateTimeOffset now, bool noTruncation)
    {
        (string repository, string tag) = Split(name);
        string digest = image.RepoDigests.FirstOrDefault(d => Split(d).Repository == repository) is { } found
            ? found[(found.LastIndexOf('@') + 1)..]
            : None;
        string id = noTruncation ? image.Id : VmId.Short(image.Id["sha256:".Length..]);
        string size = new ByteSize(image.SizeBytes).ToDecimalString();
        return new ListingRow(
            id,
            new JsonObject
            {
                ["Repository"] = repository,
                ["Tag"] = name.StartsWith('@') && tag == None ? "latest" : tag,
                ["Digest"] = digest,
                ["ID"] = id,
                ["CreatedSince"] = image.Created is null ? "N/A" : VmWords.Ago(image.Created, now),
                ["Size"] = size,
                ["CreatedAt"] = image.Created is { } created ? JsonNodes.CreatedAt(created) : "N/A",
                ["Architecture"] = image.Architecture,
                ["Labels"] = JsonNodes.JoinLabels(image.Config.Labels),
                ["Containers"] = "N/A",
                ["SharedSize"] = "N/A",
                ["UniqueSize"] = "N/A",
                ["VirtualSize"] = size,
            },
            image.Config.Labels);
    }
}

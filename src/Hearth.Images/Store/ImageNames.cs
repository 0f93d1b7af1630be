using System.Text.Json.Serialization;

namespace Hearth.Images.Store;

/// <summary>What <c>image-names.json</c> holds: names to image ids, sorted, so that the same names are the same bytes.</summary>
internal sealed record ImageNames
{
    public const int CurrentVersion = 1;

    [JsonPropertyOrder(0)]
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Full name and tag (<c>docker.io/library/alpine:latest</c>), or a catalogue name, to the image's id.</summary>
    [JsonPropertyOrder(1)]
    public SortedDictionary<string, string> Tags { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Full name and the registry's digest (<c>docker.io/library/alpine@sha256:…</c>) to the image's id.</summary>
    [JsonPropertyOrder(2)]
    public SortedDictionary<string, string> Digests { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Takes the names of an image away and returns them.</summary>
    public IReadOnlyList<string> RemoveAll(string imageId)
    {
        string[] names = [.. Tags.Where(entry => entry.Value == imageId).Select(static entry => entry.Key)];
        string[] digests = [.. Digests.Where(entry => entry.Value == imageId).Select(static entry => entry.Key)];
        foreach (string name in names)
        {
            Tags.Remove(name);
        }

        foreach (string digest in digests)
        {
            Digests.Remove(digest);
        }

        return [.. names, .. digests];
    }
}

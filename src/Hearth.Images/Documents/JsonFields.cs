using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Images.References;

namespace Hearth.Images.Documents;

/// <summary>Reads members of JSON that strangers wrote: bounded in size and depth, every wrong type an error with the member's name.</summary>
internal static class JsonFields
{
    private const int MaximumDepth = 32;

    /// <summary>Sizes are added up; one beyond this (1 PiB) is a lie.</summary>
    private const long MaximumBlobBytes = 1L << 50;

    /// <exception cref="HearthException"><c>image.corrupt</c>, naming <paramref name="subject"/>.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> json, string subject, int maximumBytes, Func<JsonElement, T> read)
    {
        if (json.Length > maximumBytes)
        {
            throw Corrupt(subject, $"it has {json.Length} bytes, and {maximumBytes} is the most allowed", null);
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaximumDepth });
            return read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw Corrupt(subject, e.Message.TrimEnd('.'), e);
        }
        catch (InvalidOperationException e)
        {
            // Half a surrogate pair in a string, or a member asked of something that is not an object.
            throw Corrupt(subject, "a member has the wrong type or is not valid text", e);
        }
    }

    public static JsonElement Required(JsonElement parent, string name, JsonValueKind kind) =>
        Optional(parent, name, kind) ?? throw new JsonException($"'{name}' is missing");

    /// <summary>The member, or null when it is absent or <c>null</c>.</summary>
    public static JsonElement? Optional(JsonElement parent, string name, JsonValueKind kind)
    {
        if (parent.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"an object with '{name}' was expected, not {parent.ValueKind}");
        }

        if (!parent.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == kind ? value : throw new JsonException($"'{name}' is {value.ValueKind} and should be {kind}");
    }

    public static string Text(JsonElement parent, string name) => Optional(parent, name, JsonValueKind.String)?.GetString() ?? "";

    public static long Number(JsonElement parent, string name)
    {
        if (Optional(parent, name, JsonValueKind.Number) is not { } value)
        {
            return 0;
        }

        return value.TryGetInt64(out long number) ? number : throw new JsonException($"'{name}' is not a whole number");
    }

    public static IReadOnlyList<JsonElement> Items(JsonElement parent, string name, int maximum)
    {
        if (Optional(parent, name, JsonValueKind.Array) is not { } array)
        {
            return [];
        }

        int count = array.GetArrayLength();
        return count <= maximum ? [.. array.EnumerateArray()] : throw new JsonException($"'{name}' has {count} entries, and {maximum} is the most allowed");
    }

    /// <summary>A list of texts; a single text counts as a list of one, as in configurations of old builders.</summary>
    public static IReadOnlyList<string> Texts(JsonElement parent, string name, int maximum)
    {
        if (parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement single) && single.ValueKind == JsonValueKind.String)
        {
            return [single.GetString()!];
        }

        return [.. Items(parent, name, maximum).Select(item => item.ValueKind == JsonValueKind.String
            ? item.GetString()!
            : throw new JsonException($"'{name}' has an entry that is not text"))];
    }

    public static Dictionary<string, string> TextMap(JsonElement parent, string name)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Optional(parent, name, JsonValueKind.Object) is { } members)
        {
            foreach (JsonProperty member in members.EnumerateObject())
            {
                map[member.Name] = member.Value.ValueKind == JsonValueKind.String
                    ? member.Value.GetString()!
                    : throw new JsonException($"'{name}' has a value that is not text");
            }
        }

        return map;
    }

    public static Descriptor Descriptor(JsonElement element)
    {
        string digest = Text(element, "digest");
        if (!ImageReference.IsDigest(digest))
        {
            throw new JsonException("a digest is not sha256: and 64 lower-case hexadecimal digits");
        }

        long size = Number(element, "size");
        if (size is < 0 or > MaximumBlobBytes)
        {
            throw new JsonException($"the size {size} of {digest} is impossible");
        }

        ImagePlatform? platform = Optional(element, "platform", JsonValueKind.Object) is { } named
            ? new ImagePlatform(Text(named, "os"), Text(named, "architecture"), Text(named, "variant") is { Length: > 0 } variant ? variant : null)
            : null;
        return new Descriptor(Text(element, "mediaType"), digest, size, platform, TextMap(element, "annotations"));
    }

    private static HearthException Corrupt(string subject, string reason, Exception? inner) => new(
        "image.corrupt",
        $"{subject} is not valid: {reason}.",
        "Pull the image again, or have it built again by whoever made it.",
        inner: inner);
}

using System.Globalization;
using System.Text.Json.Nodes;

namespace Hearth.Cli.Listing;

/// <summary>Makes JSON values in the shapes that Docker prints.</summary>
internal static class JsonNodes
{
    /// <summary>What Docker prints for a time that has not come.</summary>
    private const string NoTime = "0001-01-01T00:00:00Z";

    public static JsonArray List(IEnumerable<string> values) => [.. values.Select(static v => (JsonNode)JsonValue.Create(v))];

    public static JsonObject Map(IEnumerable<KeyValuePair<string, string>> values)
    {
        JsonObject map = [];
        foreach (KeyValuePair<string, string> pair in values.OrderBy(static p => p.Key, StringComparer.Ordinal))
        {
            map[pair.Key] = JsonValue.Create(pair.Value);
        }

        return map;
    }

    public static JsonValue Time(DateTimeOffset? time) => JsonValue.Create(
        time?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture) ?? NoTime);

    /// <summary><c>a=1,b=2</c>, as listings show labels.</summary>
    public static string JoinLabels(IReadOnlyDictionary<string, string> labels) =>
        string.Join(',', labels.OrderBy(static l => l.Key, StringComparer.Ordinal).Select(static l => $"{l.Key}={l.Value}"));

    /// <summary>As Docker's <c>CreatedAt</c>: <c>2024-05-01 10:00:00 +0000 UTC</c>.</summary>
    public static string CreatedAt(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss '+0000 UTC'", CultureInfo.InvariantCulture);
}

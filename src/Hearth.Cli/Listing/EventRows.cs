using System.Globalization;
using System.Text.Json.Nodes;
using Hearth.Cli.Output;
using Hearth.Engine.Events;

namespace Hearth.Cli.Listing;

/// <summary>Events as lines and as Docker's JSON.</summary>
internal static class EventRows
{
    public static IReadOnlyList<Column> Columns { get; } =
    [
        new("Time", "TIME"), new("Type", "TYPE"), new("Action", "ACTION"), new("ID", "ID"), new("Actor", "ACTOR", false), new("status", "STATUS", false),
        new("id", "ID", false), new("from", "FROM", false), new("scope", "SCOPE", false), new("time", "TIME", false), new("timeNano", "TIME", false),
    ];

    public static FilterSet ParseFilters(IReadOnlyList<string>? filters) =>
        FilterSet.Parse(filters, "type", "event", "action", "container", "vm", "image", "label");

    /// <summary><c>2024-05-01T10:00:00.000000000Z container start ID (image=alpine, name=web)</c>.</summary>
    public static string Line(HearthEvent happened)
    {
        string attributes = string.Join(", ", happened.Attributes.OrderBy(static a => a.Key, StringComparer.Ordinal).Select(static a => $"{a.Key}={a.Value}"));
        string time = happened.Time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture);
        return Table.Printable($"{time} {happened.Type} {happened.Action} {happened.Id}{(attributes.Length > 0 ? $" ({attributes})" : "")}");
    }

    public static JsonObject Json(HearthEvent happened)
    {
        long ticks = happened.Time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        return new JsonObject
        {
            ["status"] = happened.Action,
            ["id"] = happened.Id,
            ["from"] = happened.Attributes.GetValueOrDefault("image") ?? "",
            ["Type"] = happened.Type,
            ["Action"] = happened.Action,
            ["Actor"] = new JsonObject { ["ID"] = happened.Id, ["Attributes"] = JsonNodes.Map(happened.Attributes) },
            ["scope"] = "local",
            ["time"] = ticks / TimeSpan.TicksPerSecond,
            ["timeNano"] = ticks * 100,
        };
    }

    public static ListingRow Row(HearthEvent happened)
    {
        JsonObject fields = Json(happened);
        fields["Time"] = happened.Time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        fields["ID"] = happened.Id;
        return new ListingRow(happened.Id, fields, happened.Attributes);
    }

    public static bool Matches(HearthEvent happened, FilterSet filters) =>
        filters.Matches("type", type => happened.Type == (type == "vm" ? "container" : type))
        && filters.Matches("event", action => IsAction(happened, action))
        && filters.Matches("action", action => IsAction(happened, action))
        && filters.Matches("container", name => IsActor(happened, "container", name))
        && filters.Matches("vm", name => IsActor(happened, "container", name))
        && filters.Matches("image", name => IsActor(happened, "image", name) || happened.Attributes.GetValueOrDefault("image") == name)
        && filters.MatchesLabels(happened.Attributes);

    /// <summary>As in Docker, <c>health_status</c> stands for <c>health_status: healthy</c> and all others of it.</summary>
    private static bool IsAction(HearthEvent happened, string action) =>
        happened.Action == action || (happened.Action.StartsWith(action, StringComparison.Ordinal) && happened.Action.AsSpan(action.Length).StartsWith(": "));

    private static bool IsActor(HearthEvent happened, string type, string nameOrId)
    {
        string id = happened.Id.StartsWith("sha256:", StringComparison.Ordinal) ? happened.Id["sha256:".Length..] : happened.Id;
        bool isNamed = nameOrId.Length > 0 && (happened.Attributes.GetValueOrDefault("name") == nameOrId || id.StartsWith(nameOrId, StringComparison.Ordinal));
        return happened.Type == type && isNamed;
    }
}

using System.CommandLine;
using Hearth.Cli.Output.Templates;
using Hearth.Engine.Events;
using Hearth.Engine.Store;

namespace Hearth.Cli.Listing;

/// <summary><c>hearth events</c>: one line an event, until interrupted or <c>--until</c>.</summary>
internal static class EventsCommand
{
    public static Command Create(CliContext context)
    {
        Option<string?> since = new("--since") { Description = "Begin with what happened since then (10m, a time)" };
        Option<string?> until = new("--until") { Description = "End there instead of waiting for more" };
        Option<string[]> filter = ListingOptions.Filter("type, event, container, image, label");
        Option<string?> format = ListingOptions.Format();
        HearthCommand command = new("events", "Show what happens to VMs and images.", "hearth events --since 1h --until 0s", "hearth events --filter event=die")
        {
            since, until, filter, format,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            Func<HearthEvent, string> line = Formatter(parsed.GetValue(format));
            FilterSet filters = EventRows.ParseFilters(parsed.GetValue(filter));
            DateTimeOffset? from = TimeBound.Parse("--since", parsed.GetValue(since), context.Time);
            DateTimeOffset? to = TimeBound.Parse("--until", parsed.GetValue(until), context.Time);
            EventLog log = new(HearthHome.Open(context.Paths).Paths);
            try
            {
                await log.FollowAsync(from, to, context.Time, Show, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                // Ctrl-C is how one ends it.
            }

            return 0;

            ValueTask Show(HearthEvent happened)
            {
                if (EventRows.Matches(happened, filters))
                {
                    context.Out.WriteLine(line(happened));
                    context.Out.Flush();
                }

                return ValueTask.CompletedTask;
            }
        });
        return command;
    }

    private static Func<HearthEvent, string> Formatter(string? format)
    {
        if (string.IsNullOrEmpty(format))
        {
            return EventRows.Line;
        }

        if (format == "json")
        {
            return static happened => TemplateValue.Json(EventRows.Json(happened));
        }

        // A stream has no last row to measure: its table is tab-separated.
        bool isTable = format == "table" || format.StartsWith("table ", StringComparison.Ordinal);
        string text = format == "table" ? "table {{.Time}}\\t{{.Type}}\\t{{.Action}}\\t{{.ID}}" : format;
        GoTemplate template = GoTemplate.Parse(isTable ? text["table ".Length..] : text);
        return happened => template.Render(EventRows.Row(happened).Fields, EventRows.Row(happened).Label);
    }
}

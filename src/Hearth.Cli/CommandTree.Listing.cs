using Hearth.Cli.Listing;

namespace Hearth.Cli;

internal static partial class CommandTree
{
    static partial void AddListing(List<CommandEntry> entries)
    {
        entries.Add(new("ps", PsCommand.Create));
        entries.Add(new("logs", LogsCommand.Create));
        entries.Add(new("top", TopCommand.Create));
        entries.Add(new("stats", StatsCommand.Create));
        entries.Add(new("events", EventsCommand.Create));
        entries.Add(new("prune", PruneCommand.Create));
    }
}

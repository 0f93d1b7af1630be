using Hearth.Cli.Completion;
using Hearth.Cli.ImageCommands;
using Hearth.Cli.KernelCommands;
using Hearth.Cli.Listing;
using Hearth.Cli.Listing.Doctor;
using Hearth.Cli.Pools;
using Hearth.Cli.Templates;

namespace Hearth.Cli;

internal static partial class CommandTree
{
    static partial void AddListing(List<CommandEntry> entries)
    {
        entries.Add(new("ps", PsCommand.Create));
        entries.Add(new("inspect", InspectCommand.Create));
        entries.Add(new("logs", LogsCommand.Create));
        entries.Add(new("top", TopCommand.Create));
        entries.Add(new("stats", StatsCommand.Create));
        entries.Add(new("events", EventsCommand.Create));
        entries.Add(new("prune", PruneCommand.Create));
        entries.Add(new("info", InfoCommand.Create));
        entries.Add(new("doctor", DoctorCommand.Create));
        entries.Add(new("pull", PullCommand.Create));
        entries.Add(new("images", ImagesCommand.Create));
        entries.Add(new("rmi", RemoveImageCommand.Create));
        entries.Add(new("tag", TagCommand.Create));
        entries.Add(new("load", LoadCommand.Create));
        entries.Add(new("save", SaveCommand.Create));
        entries.Add(new("image", ImageCommand.Create));
        entries.Add(new("kernel", KernelCommand.Create));
        entries.Add(new("template", TemplateCommand.Create));
        entries.Add(new("prepare", PrepareCommand.Create));
        entries.Add(new("pool", PoolCommand.Create));
        entries.Add(new("completion", CompletionCommand.Create));
        entries.Add(new("__complete", CompleteCommand.Create));
    }
}

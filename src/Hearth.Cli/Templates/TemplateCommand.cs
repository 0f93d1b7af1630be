using System.CommandLine;
using System.Text.Json.Nodes;
using Hearth.Cli.Listing;
using Hearth.Cli.Output;
using Hearth.Core.Errors;
using Hearth.Engine.Templates;

namespace Hearth.Cli.Templates;

/// <summary><c>hearth template ls|inspect|rm|prune</c>.</summary>
internal static class TemplateCommand
{
    public static Command Create(CliContext context) =>
        new HearthCommand(
            "template",
            "Look after the booted guests that new VMs start from.",
            "hearth template ls",
            "hearth template prune --keep 2G",
            "hearth template rm @busybox")
        {
            List(context), Inspect(context), PruneTemplatesCommand.Create(context), Remove(context),
        };

    private static HearthCommand List(CliContext context)
    {
        Option<bool> quiet = ListingOptions.Quiet("Only keys");
        Option<bool> noTruncation = ListingOptions.NoTruncation();
        Option<string[]> filter = ListingOptions.Filter("image, kernel, until");
        Option<string?> format = ListingOptions.Format();
        HearthCommand command = new("ls", "List templates, the last used first.", "hearth template ls", "hearth template ls -q --filter image=@busybox")
        {
            quiet, noTruncation, filter, format,
        };
        command.Aliases.Add("list");
        command.SetAction(parsed =>
        {
            ListingWriter listing = new(TemplateRows.Columns, parsed.GetValue(format));
            TemplateFilter fits = new(parsed.GetValue(filter), context.Time);
            TemplateHome home = TemplateHome.Open(context);
            bool whole = parsed.GetValue(noTruncation);
            IEnumerable<ListingRow> rows = home.Store.List().Where(entry => fits.Matches(entry, home.KernelName(entry)))
                .Select(entry => TemplateRows.Of(entry, home.KernelName(entry), context.Time.GetUtcNow(), whole));
            listing.Write(context.Out, rows, parsed.GetValue(quiet));
            return 0;
        });
        return command;
    }

    private static HearthCommand Inspect(CliContext context)
    {
        Option<string?> format = ListingOptions.InspectFormat();
        Argument<string[]> names = ListingOptions.Names("KEY", "Keys, their beginnings, or images");
        HearthCommand command = new("inspect", "Show all that is known of templates.", "hearth template inspect @busybox", "hearth template inspect -f '{{.Size}}' 3f2a")
        {
            format, names,
        };
        command.SetAction(parsed =>
        {
            InspectOutput output = new(parsed.GetValue(format));
            TemplateHome home = TemplateHome.Open(context);
            List<JsonObject> found = [];
            int exitCode = ForEach(context, home, parsed.GetRequiredValue(names), entry => found.Add(TemplateRows.Describe(entry, home.KernelName(entry))));
            output.Write(context.Out, found);
            return exitCode;
        });
        return command;
    }

    private static HearthCommand Remove(CliContext context)
    {
        Option<bool> force = new("--force", "-f") { Description = "No error when there is no such template" };
        Argument<string[]> names = ListingOptions.Names("KEY", "Keys, their beginnings, or images (all templates of one)");
        HearthCommand command = new("rm", "Remove templates. VMs that were started from them are not disturbed.", "hearth template rm 3f2a", "hearth template rm @busybox") { force, names };
        command.Aliases.Add("remove");
        command.SetAction(parsed =>
        {
            TemplateHome home = TemplateHome.Open(context);
            int exitCode = ForEach(context, home, parsed.GetRequiredValue(names), entry =>
            {
                if (home.Store.Remove(entry.Key))
                {
                    context.Out.WriteLine(entry.Key);
                }
            });
            return parsed.GetValue(force) ? 0 : exitCode;
        });
        return command;
    }

    /// <summary>Does something to each template that is meant; what is not found is said, and the rest still done.</summary>
    private static int ForEach(CliContext context, TemplateHome home, string[] names, Action<TemplateEntry> act)
    {
        int exitCode = 0;
        IReadOnlyList<TemplateEntry> all = home.Store.List();
        HashSet<string> done = [];
        foreach (string name in names)
        {
            try
            {
                foreach (TemplateEntry entry in TemplateStore.Find(name, all).Where(entry => done.Add(entry.Key)))
                {
                    act(entry);
                }
            }
            catch (HearthException e) when (e.Code is "template.not-found" or "template.ambiguous")
            {
                CommandLine.ShowError(context, e);
                exitCode = 1;
            }
        }

        return exitCode;
    }
}

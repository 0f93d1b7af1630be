using System.CommandLine;
using Hearth.Cli.Listing;
using Hearth.Cli.Run;
using Hearth.Core.Naming;
using Hearth.Core.Units;
using Hearth.Engine.Templates;

namespace Hearth.Cli.Templates;

/// <summary><c>hearth template prune</c>.</summary>
internal static class PruneTemplatesCommand
{
    public static Command Create(CliContext context)
    {
        Option<bool> all = new("--all", "-a") { Description = "All templates" };
        Option<string?> keep = new("--keep") { Description = $"Keep the last used up to this size together ({TemplateBudget.Variable}, or 8G, when left out)", HelpName = "SIZE" };
        Option<bool> force = new("--force", "-f") { Description = "Do not ask" };
        HearthCommand command = new("prune", "Remove the least recently used templates.", "hearth template prune --keep 2G", "hearth template prune -af") { all, keep, force };
        command.Validators.Add(result =>
        {
            if (result.GetValue(all) && result.GetValue(keep) is not null)
            {
                result.AddError("--all and --keep exclude each other.");
            }
        });
        command.SetAction(parsed =>
        {
            long budget = parsed.GetValue(all) ? -1 : FlagValues.Size("--keep", parsed.GetValue(keep), 0, "") ?? TemplateBudget.Read(context.Variable);
            TemplateStore store = TemplateHome.Open(context).Store;
            IReadOnlyList<TemplateEntry> doomed = store.Surplus(budget);
            if (!parsed.GetValue(force) && !Confirmation.Ask(context, "hearth template prune", Warning(doomed)))
            {
                return 1;
            }

            Report(context, [.. doomed.Where(entry => store.Remove(entry.Key))]);
            return 0;
        });
        return command;
    }

    private static string Warning(IReadOnlyList<TemplateEntry> doomed) =>
        $"WARNING! This will remove {doomed.Count} template(s){(doomed.Count > 0 ? $": {string.Join(", ", doomed.Select(Words))}" : "")}.";

    private static void Report(CliContext context, IReadOnlyList<TemplateEntry> removed)
    {
        if (removed.Count > 0)
        {
            context.Out.WriteLine("Deleted Templates:");
            foreach (TemplateEntry entry in removed)
            {
                context.Out.WriteLine(Words(entry));
            }

            context.Out.WriteLine();
        }

        context.Out.WriteLine($"Total reclaimed space: {new ByteSize(removed.Sum(static entry => entry.Bytes)).ToDecimalString()}");
    }

    private static string Words(TemplateEntry entry) => $"{VmId.Short(entry.Key)} {entry.State.Manifest.Image}";
}

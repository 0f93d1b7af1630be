using System.CommandLine;
using Hearth.Cli.Listing;
using Hearth.Core.Units;
using Hearth.Images.Store;

namespace Hearth.Cli.ImageCommands;

/// <summary><c>hearth image prune</c>.</summary>
internal static class PruneImagesCommand
{
    public static Command Create(CliContext context)
    {
        Option<bool> all = new("--all", "-a") { Description = "Every image that no VM is made from, not only those without a name" };
        Option<bool> force = new("--force", "-f") { Description = "Do not ask" };
        HearthCommand command = new("prune", "Remove images that are not used.", "hearth image prune -f", "hearth image prune -a") { all, force };
        command.SetAction(async (parsed, cancellation) =>
        {
            bool everything = parsed.GetValue(all);
            string what = everything ? "all images that no VM is made from" : "all images without a name";
            if (!parsed.GetValue(force) && !Confirmation.Ask(context, "hearth image prune", $"WARNING! This will remove {what}."))
            {
                return 1;
            }

            PruneResult result = await ImageHome.Open(context).PruneAsync(everything, cancellation);
            long freed = result.FreedBytes;
            if (result.Removed.Count > 0)
            {
                context.Out.WriteLine("Deleted Images:");
                freed += RemoveImageCommand.Show(context, result.Removed);
                context.Out.WriteLine();
            }

            context.Out.WriteLine($"Total reclaimed space: {new ByteSize(freed).ToDecimalString()}");
            return 0;
        });
        return command;
    }
}

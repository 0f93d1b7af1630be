using System.CommandLine;
using Hearth.Cli.Listing;
using Hearth.Cli.Output;
using Hearth.Engine.Pools;
using Hearth.Engine.Store;

namespace Hearth.Cli.Pools;

/// <summary><c>hearth pool set|ls|rm</c>.</summary>
internal static class PoolCommand
{
    public static Command Create(CliContext context) =>
        new HearthCommand(
            "pool",
            "Keep VMs of an image ready, for runs that cannot wait.",
            "hearth pool set @busybox -n 3",
            "hearth pool ls",
            "hearth pool rm @busybox")
        {
            PoolSetCommand.Create(context), List(context), Remove(context),
        };

    private static HearthCommand List(CliContext context)
    {
        Option<bool> quiet = ListingOptions.Quiet("Only images");
        Option<string?> format = ListingOptions.Format();
        HearthCommand command = new("ls", "List pools.", "hearth pool ls", "hearth pool ls --format '{{.Image}} {{.Ready}}'") { quiet, format };
        command.Aliases.Add("list");
        command.SetAction(parsed =>
        {
            ListingWriter listing = new(PoolRows.Columns, parsed.GetValue(format));
            HearthHome home = HearthHome.Open(context.Paths);
            ILookup<string, SpareRecord> spares = new SpareStore(home.Paths).List().ToLookup(static spare => spare.Pool);
            listing.Write(context.Out, new PoolStore(home.Paths).List().Select(wish => PoolRows.Of(wish, [.. spares[wish.Key]])), parsed.GetValue(quiet));
            return 0;
        });
        return command;
    }

    private static HearthCommand Remove(CliContext context)
    {
        Argument<string[]> images = ListingOptions.Names("IMAGE", "Images, as 'hearth pool ls' shows them");
        HearthCommand command = new("rm", "End pools and the VMs that stand ready in them.", "hearth pool rm @busybox") { images };
        command.Aliases.Add("remove");
        command.SetAction((parsed, _) =>
        {
            HearthHome home = HearthHome.Open(context.Paths);
            PoolStore pools = new(home.Paths);
            return EachName.TryAsync(context, parsed.GetRequiredValue(images), async image =>
            {
                PoolWish wish = pools.Require(image);
                await EndAsync(home, wish.Key);
                return wish.Image;
            });
        });
        return command;
    }

    /// <summary>The wish goes first: nobody starts a replacement then.</summary>
    public static async Task EndAsync(HearthHome home, string key)
    {
        new PoolStore(home.Paths).Remove(key);
        PoolKeeper keeper = new(home.Paths);
        await keeper.EndAsync(keeper.SparesOf(key));
    }
}

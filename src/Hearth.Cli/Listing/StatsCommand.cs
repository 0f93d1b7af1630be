using System.CommandLine;
using Hearth.Cli.Output;
using Hearth.Engine.Store;

namespace Hearth.Cli.Listing;

/// <summary><c>hearth stats</c>: redrawn once a second on a terminal, appended elsewhere.</summary>
internal static class StatsCommand
{
    private const string HomeAndClear = "\e[H\e[J";

    public static Command Create(CliContext context)
    {
        Option<bool> all = new("--all", "-a") { Description = "Also VMs that do not run" };
        Option<bool> once = new("--no-stream") { Description = "Show one round and end" };
        Option<bool> noTruncation = ListingOptions.NoTruncation();
        Option<string?> format = ListingOptions.Format();
        Argument<string[]> names = ListingOptions.Names("VM", "Names or ids; all that run without", required: false);
        HearthCommand command = new("stats", "Show what VMs use.", "hearth stats", "hearth stats --no-stream web")
        {
            all, once, noTruncation, format, names,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            ListingWriter listing = new(StatsRows.Columns, parsed.GetValue(format));
            VmStore store = HearthHome.Open(context.Paths).Vms;
            string[] asked = parsed.GetValue(names) ?? [];
            bool everything = parsed.GetValue(all) || asked.Length > 0;
            IReadOnlyList<VmModel> vms = asked.Length > 0 ? [.. asked.Select(store.Find)] : [.. store.List().Where(vm => everything || vm.IsActive)];
            StatsStream stream = new(vms);
            bool stops = parsed.GetValue(once);
            bool clears = !stops && !Console.IsOutputRedirected;
            await stream.RunAsync(
                () =>
                {
                    context.Out.Write(clears ? HomeAndClear : "");
                    IEnumerable<ListingRow> rows = vms.Select((vm, at) => (vm, at)).Where(one => everything || !stream.HasEnded(one.at))
                        .Select(one => StatsRows.Of(one.vm, stream[one.at].Before, stream[one.at].Now, parsed.GetValue(noTruncation)));
                    listing.Write(context.Out, rows);
                    context.Out.Flush();
                    return !stops;
                },
                cancellation);
            return 0;
        });
        return command;
    }
}

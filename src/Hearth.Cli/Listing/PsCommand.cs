using System.CommandLine;
using Hearth.Cli.Output;
using Hearth.Core.Specs;
using Hearth.Engine.Store;

namespace Hearth.Cli.Listing;

/// <summary><c>hearth ps</c>: two small files are read for a VM, and no process is started or asked.</summary>
internal static class PsCommand
{
    public static Command Create(CliContext context)
    {
        Option<bool> all = new("--all", "-a") { Description = "Also VMs that do not run" };
        Option<bool> latest = new("--latest", "-l") { Description = "Only the newest, whether it runs or not" };
        Option<int?> last = new("--last", "-n") { Description = "Only so many of the newest, whether they run or not" };
        Option<bool> quiet = ListingOptions.Quiet();
        Option<bool> noTruncation = ListingOptions.NoTruncation();
        Option<string[]> filter = ListingOptions.Filter("status, name, id, label, ancestor, exited, health, before, since");
        Option<string?> format = ListingOptions.Format();
        HearthCommand command = new("ps", "List VMs.", "hearth ps -a", "hearth ps --filter status=exited -q", "hearth ps --format 'table {{.Names}}\\t{{.Status}}'")
        {
            all, latest, last, quiet, noTruncation, filter, format,
        };
        command.Aliases.Add("list");
        command.SetAction(parsed =>
        {
            ListingWriter listing = new(VmRows.Columns, parsed.GetValue(format));
            IReadOnlyList<VmModel> vms = HearthHome.Open(context.Paths).Vms.List();
            int? count = parsed.GetValue(latest) ? 1 : parsed.GetValue(last);
            IEnumerable<VmModel> shown = Select(vms, parsed.GetValue(filter), parsed.GetValue(all), count);
            DateTimeOffset now = context.Time.GetUtcNow();
            bool whole = parsed.GetValue(noTruncation);
            listing.Write(context.Out, shown.Select(vm => VmRows.Of(vm, now, whole)), parsed.GetValue(quiet));
            return 0;
        });
        return command;
    }

    /// <summary>What <c>ps</c> shows of all VMs, newest first.</summary>
    /// <param name="vms">All of them.</param>
    /// <param name="filters"><c>key=value</c>.</param>
    /// <param name="all">Those that have ended as well.</param>
    /// <param name="count">Only so many; null, or less than one, is no bound.</param>
    public static IEnumerable<VmModel> Select(IReadOnlyList<VmModel> vms, string[]? filters, bool all, int? count)
    {
        VmFilter filter = new(filters, vms);
        bool bounded = count > 0;
        bool everything = all || bounded || filter.WantsAll;
        IEnumerable<VmModel> shown = vms
            .Where(vm => everything || vm.State.Status is not (VmStatus.Created or VmStatus.Exited))
            .Where(filter.Matches)
            .OrderByDescending(static vm => vm.Spec.Created)
            .ThenBy(static vm => vm.Id, StringComparer.Ordinal);
        return bounded ? shown.Take(count!.Value) : shown;
    }
}

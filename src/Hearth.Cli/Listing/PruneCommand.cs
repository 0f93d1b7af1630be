using System.CommandLine;
using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Specs;
using Hearth.Core.Units;
using Hearth.Engine.Events;
using Hearth.Engine.Store;
using Hearth.Linux.Files;

namespace Hearth.Cli.Listing;

/// <summary><c>hearth prune</c>: removes VMs that do not run, and what crashed commands left.</summary>
internal static class PruneCommand
{
    public static Command Create(CliContext context)
    {
        Option<bool> force = new("--force", "-f") { Description = "Do not ask" };
        Option<string[]> filter = ListingOptions.Filter("until, label, label!", hasShortName: false);
        HearthCommand command = new("prune", "Remove all VMs that do not run.", "hearth prune", "hearth prune -f --filter until=24h") { force, filter };
        command.SetAction(parsed =>
        {
            FilterSet filters = FilterSet.Parse(parsed.GetValue(filter), "until", "label", "label!");
            HearthHome home = HearthHome.Open(context.Paths);
            IReadOnlyList<VmModel> doomed = Select(home.Vms.List(), filters, context.Time);
            if (!parsed.GetValue(force) && !Confirmation.Ask(context, "hearth prune", Warning(doomed)))
            {
                return 1;
            }

            long freed = 0;
            List<VmModel> removed = [];
            foreach (VmModel vm in doomed)
            {
                freed += Remove(context, home, vm, removed);
            }

            home.Vms.SweepStaging();
            Report(context, removed, freed);
            return 0;
        });
        return command;
    }

    /// <summary>The VMs that <c>prune</c> removes.</summary>
    public static IReadOnlyList<VmModel> Select(IReadOnlyList<VmModel> vms, FilterSet filters, TimeProvider time)
    {
        DateTimeOffset? until = null;
        if (filters.TryGet("until", out IReadOnlyList<string>? bounds))
        {
            until = bounds.Select(bound => TimeBound.Parse("--filter until", bound, time)).Min();
        }

        return [.. vms.Where(vm => vm.State.Status is VmStatus.Created or VmStatus.Exited)
            .Where(vm => until is null || vm.Spec.Created < until)
            .Where(vm => filters.MatchesLabels(vm.Spec.Labels))];
    }

    private static string Warning(IReadOnlyList<VmModel> doomed) =>
        $"WARNING! This will remove {doomed.Count} VM(s) that do not run{(doomed.Count > 0 ? $": {string.Join(", ", doomed.Select(static vm => vm.Name))}" : "")}.";

    private static long Remove(CliContext context, HearthHome home, VmModel vm, List<VmModel> removed)
    {
        long size = AllocatedSize.OfTree(vm.Directory);
        try
        {
            home.Vms.Remove(vm);
        }
        catch (HearthException e) when (e.Code is "vm.running" or "vm.copying")
        {
            return 0; // Started since the list was made, or being copied.
        }

        removed.Add(vm);
        new EventLog(context.Paths).Append(new HearthEvent(
            context.Time.GetUtcNow(), "container", "destroy", vm.Id, new Dictionary<string, string> { ["name"] = vm.Name, ["image"] = vm.Spec.Image }));
        return size;
    }

    private static void Report(CliContext context, List<VmModel> removed, long freed)
    {
        if (removed.Count > 0)
        {
            context.Out.WriteLine("Deleted Containers:");
            removed.ForEach(vm => context.Out.WriteLine(VmId.Short(vm.Id) + " " + vm.Name));
            context.Out.WriteLine();
        }

        context.Out.WriteLine($"Total reclaimed space: {new ByteSize(freed).ToDecimalString()}");
    }
}

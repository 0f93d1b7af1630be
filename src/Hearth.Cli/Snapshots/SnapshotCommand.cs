using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hearth.Cli.Listing;
using Hearth.Cli.Output;
using Hearth.Core.Errors;
using Hearth.Core.Units;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Store;
using Hearth.Linux.Files;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Snapshots;

/// <summary><c>hearth snapshot create|ls|inspect|rm|prune|tag</c>; <see cref="SnapshotExportCommand"/> has the rest.</summary>
internal static class SnapshotCommand
{
    private static readonly Column[] s_columns =
    [
        new("Name", "NAME"), new("Vm", "VM"), new("Image", "IMAGE"), new("Kind", "KIND"), new("Memory", "MEMORY"), new("Size", "SIZE"), new("CreatedSince", "CREATED"),
        new("Tags", "TAGS", false), new("CreatedAt", "CREATED AT", false),
    ];

    /// <summary>What is told of a freeze.</summary>
    private static readonly Column[] s_captureColumns = [new("Name", "NAME"), new("PauseMs", "PAUSE MS"), new("MemoryBytes", "MEMORY BYTES")];

    public static Command Create(CliContext context) =>
        new HearthCommand("snapshot", "Freeze VMs and keep them.", "hearth snapshot create web before-upgrade", "hearth run -d --from before-upgrade", "hearth rollback web before-upgrade")
        {
            Take(context), List(context), Inspect(context), Remove(context), Prune(context), Tag(context),
            SnapshotExportCommand.CreateExport(context), SnapshotExportCommand.CreateImport(context),
        };

    private static HearthCommand Take(CliContext context)
    {
        Argument<string> name = Life.Targets.One();
        Argument<string> snapshot = new("NAME") { Description = "Name of the snapshot." };
        Option<bool> stop = new("--stop") { Description = "End the VM with it." };
        Option<bool> diskOnly = new("--disk-only") { Description = "The disk alone, with a clean file system: a VM made of it boots." };
        Option<string?> format = new("--format") { Description = "Instead of the name: json or a Go template of .Name, .PauseMs (how long the vCPUs stood still) and .MemoryBytes (written meanwhile)" };
        HearthCommand command = new("create", "Freeze a running VM, which runs on.", "hearth snapshot create web before-upgrade", "hearth snapshot create --disk-only db nightly")
        {
            name, snapshot, stop, diskOnly, format,
        };
        command.SetAction(async (parsed, _) =>
        {
            string wanted = parsed.GetRequiredValue(snapshot);
            if (parsed.GetValue(stop) && parsed.GetValue(diskOnly))
            {
                throw new HearthException("flags.conflict", "--stop and --disk-only exclude each other.", "Stop the VM afterwards.");
            }

            ListingWriter? listing = parsed.GetValue(format) is { } asked ? new ListingWriter(s_captureColumns, asked) : null;
            HearthHome home = HearthHome.Open(context.Paths);
            SnapshotStore store = new(context.Paths);
            store.RequireFree(wanted);
            using Freezing frozen = await Freezing.TakeAsync(context, home.Vms.Find(parsed.GetRequiredValue(name)), wanted, parsed.GetValue(stop), parsed.GetValue(diskOnly));
            store.Publish(frozen.State.Directory, wanted);
            if (listing is null)
            {
                context.Out.WriteLine(wanted);
            }
            else
            {
                listing.Write(context.Out, [CaptureRow(wanted, frozen.Reply)]);
            }

            return 0;
        });
        return command;
    }

    private static HearthCommand List(CliContext context)
    {
        Option<bool> quiet = ListingOptions.Quiet("Only names");
        Option<string?> format = ListingOptions.Format();
        Option<string[]> filter = ListingOptions.Filter("vm, image, tag");
        HearthCommand command = new("ls", "List snapshots.", "hearth snapshot ls", "hearth snapshot ls --filter vm=web") { quiet, format, filter };
        command.Aliases.Add("list");
        command.SetAction(parsed =>
        {
            FilterSet filters = FilterSet.Parse(parsed.GetValue(filter), "vm", "image", "tag");
            ListingWriter listing = new(s_columns, parsed.GetValue(format));
            listing.Write(context.Out, Store(context).List().Where(s => Matches(filters, s.Manifest)).Select(s => Row(context, s)), parsed.GetValue(quiet));
            return 0;
        });
        return command;
    }

    private static HearthCommand Inspect(CliContext context)
    {
        Option<string?> format = ListingOptions.InspectFormat();
        Argument<string[]> names = ListingOptions.Names("NAME", "Names of snapshots");
        HearthCommand command = new("inspect", "Show all that is known of snapshots.", "hearth snapshot inspect before-upgrade") { format, names };
        command.SetAction(parsed =>
        {
            InspectOutput output = new(parsed.GetValue(format));
            SnapshotStore store = Store(context);
            output.Write(context.Out, [.. parsed.GetRequiredValue(names).Select(name => Describe(store.Require(name)))]);
            return 0;
        });
        return command;
    }

    private static HearthCommand Remove(CliContext context)
    {
        Argument<string[]> names = ListingOptions.Names("NAME", "Names of snapshots");
        HearthCommand command = new("rm", "Remove snapshots; VMs made from them keep what they need.", "hearth snapshot rm before-upgrade") { names };
        command.Aliases.Add("remove");
        command.SetAction((parsed, _) => RemoveAsync(context, parsed.GetRequiredValue(names)));
        return command;
    }

    private static HearthCommand Prune(CliContext context)
    {
        Option<bool> force = new("--force", "-f") { Description = "Do not ask" };
        HearthCommand command = new("prune", "Remove all snapshots that have no tag.", "hearth snapshot prune -f") { force };
        command.SetAction(async (parsed, _) =>
        {
            SnapshotStore store = Store(context);
            List<string> doomed = [.. store.List().Where(static s => s.Manifest.Tags.Count == 0).Select(static s => s.Manifest.Name)];
            string warning = $"WARNING! This will remove {doomed.Count} snapshot(s){(doomed.Count > 0 ? $": {string.Join(", ", doomed)}" : "")}.";
            return !parsed.GetValue(force) && !Confirmation.Ask(context, "hearth snapshot prune", warning) ? 1 : await RemoveAsync(context, doomed);
        });
        return command;
    }

    private static HearthCommand Tag(CliContext context)
    {
        Argument<string> name = new("NAME") { Description = "Name of the snapshot." };
        Argument<string[]> tags = new("TAG") { Description = "Words to find it by; they keep it from 'prune'. None removes all.", Arity = ArgumentArity.ZeroOrMore };
        HearthCommand command = new("tag", "Set the tags of a snapshot.", "hearth snapshot tag before-upgrade keep release-7") { name, tags };
        command.SetAction(parsed =>
        {
            FrozenState state = Store(context).Require(parsed.GetRequiredValue(name));
            string[] wanted = parsed.GetValue(tags) ?? [];
            Array.ForEach(wanted, SnapshotName.Require);
            (state with { Manifest = state.Manifest with { Tags = wanted } }).WriteManifest();
            return 0;
        });
        return command;
    }

    private static Task<int> RemoveAsync(CliContext context, IEnumerable<string> names)
    {
        SnapshotStore store = Store(context);
        return EachName.TryAsync(context, names, name =>
        {
            store.Remove(name);
            return Task.FromResult(name);
        });
    }

    private static SnapshotStore Store(CliContext context) => new(HearthHome.Open(context.Paths).Paths);

    private static bool Matches(FilterSet filters, FrozenManifest manifest) =>
        Matches(filters, "vm", name => manifest.Spec?.Name == name)
        && Matches(filters, "image", image => manifest.Image == image)
        && Matches(filters, "tag", manifest.Tags.Contains);

    private static bool Matches(FilterSet filters, string key, Func<string, bool> matches) =>
        !filters.TryGet(key, out IReadOnlyList<string>? values) || values.Any(matches);

    private static ListingRow Row(CliContext context, FrozenState state) => new(state.Manifest.Name, new JsonObject
    {
        ["Name"] = state.Manifest.Name,
        ["Vm"] = state.Manifest.Spec?.Name ?? "",
        ["Image"] = state.Manifest.Image,
        ["Kind"] = state.Manifest.DiskOnly ? "disk" : "full",
        ["Memory"] = new ByteSize(state.Manifest.MemoryBytes).ToString(),
        ["Size"] = new ByteSize(AllocatedSize.OfTree(state.Directory)).ToDecimalString(),
        ["CreatedSince"] = VmWords.Ago(state.Manifest.Created, context.Time.GetUtcNow()),
        ["CreatedAt"] = state.Manifest.Created.ToString("O", System.Globalization.CultureInfo.InvariantCulture),
        ["Tags"] = string.Join(",", state.Manifest.Tags),
    });

    private static ListingRow CaptureRow(string name, CaptureReply reply) => new(name, new JsonObject
    {
        ["Name"] = name,
        ["PauseMs"] = Math.Round(reply.PauseMilliseconds, 3),
        ["MemoryBytes"] = reply.MemoryBytes,
    });

    private static JsonObject Describe(FrozenState state)
    {
        JsonObject shown = JsonSerializer.SerializeToNode(state.Manifest, SnapshotJson.Default.FrozenManifest)!.AsObject();
        shown["directory"] = state.Directory;
        shown["bytes"] = AllocatedSize.OfTree(state.Directory);
        return shown;
    }
}

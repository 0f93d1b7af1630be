using Hearth.Engine.Events;
using Hearth.Engine.Pools;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Store;
using Hearth.Images.Store;

namespace Hearth.Cli.ImageCommands;

/// <summary>Opens the images of a home, with the knowledge which of them VMs are made from, and records what is done to them.</summary>
internal static class ImageHome
{
    public static ImageStore Open(CliContext context)
    {
        HearthHome home = HearthHome.Open(context.Paths);
        ImageStore plain = new(context.Paths, context.Time);
        return new ImageStore(context.Paths, context.Time)
        {
            VmsByImage = () => home.Vms.List().ToLookup(static vm => vm.Spec.ImageId, static vm => vm.Name),
            PoolsByImage = () => new PoolStore(context.Paths).List().ToLookup(wish => plain.Resolve(wish.Image)?.Id ?? "", static wish => wish.Image),
            SnapshotsByImage = () => new SnapshotStore(context.Paths).List().ToLookup(static s => s.Manifest.ImageId, static s => s.Manifest.Name),
        };
    }

    public static void Record(CliContext context, string action, string id, string name) =>
        new EventLog(context.Paths).Append(new HearthEvent(
            context.Time.GetUtcNow(), "image", action, id, new Dictionary<string, string> { ["name"] = name }));
}

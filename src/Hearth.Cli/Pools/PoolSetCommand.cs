using System.CommandLine;
using System.Globalization;
using Hearth.Cli.ImageCommands;
using Hearth.Cli.Output;
using Hearth.Cli.Run;
using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Progress;
using Hearth.Core.Specs;
using Hearth.Engine.Pools;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Store;
using Hearth.Engine.Templates;
using Hearth.Images.Kernels;
using Hearth.Images.Store;
using Hearth.Linux.Memory;

namespace Hearth.Cli.Pools;

/// <summary><c>hearth pool set</c>: returns when all VMs stand ready; the image on stdout, progress on stderr.</summary>
internal static class PoolSetCommand
{
    private const int MostSpares = 1000;

    public static Command Create(CliContext context)
    {
        VmOptions options = new();
        Option<string?> number = new("--number", "-n") { Description = "How many VMs to keep ready; 0 ends the pool.", HelpName = "NUMBER", Required = true };
        HearthCommand command = new(
            "set",
            "Keep so many VMs of an image ready. A 'run' of the same image, memory, CPUs, disk and kernel takes one, and another takes its place.",
            "hearth pool set @busybox -n 3",
            "hearth pool set alpine:3.20 -n 2 -m 256M")
        {
            number, options.Cpus, options.Memory, options.Disk, options.Pull, options.Platform, options.Kernel, options.Accel, options.Image,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            PoolWish wish = Read(options, parsed, ReadCount(parsed.GetValue(number)!), context.Time);
            HearthHome home = HearthHome.Open(context.Paths);
            if (wish.Count == 0)
            {
                await PoolCommand.EndAsync(home, wish.Key);
                context.Out.WriteLine(wish.Image);
                return 0;
            }

            PullPolicy policy = VmCreation.ReadPull(parsed.GetValue(options.Pull));
            PoolKeeper keeper = new(home.Paths);
            PoolKeeper.RequireMemory(wish, keeper.SparesOf(wish.Key).Count, HostMemory.AvailableBytes());
            using (IProgressSink progress = context.OpenProgress())
            {
                ImageRecord image = await ImageHome.Open(context).GetAsync(wish.Image, policy, parsed.GetValue(options.Platform), progress, cancellation);
                await new KernelStore(home.Paths).EnsureAsync(wish.Kernel, progress, cancellation);
                StageProgress building = new($"booting a template of {wish.Image}", InBytes: false);
                FrozenState template = await TemplatePreparation.EnsureAsync(
                    home.Paths, wish.ToSpec(VmId.New(), image.Id, context.Time.GetUtcNow()), context.Time, finished => progress.Report(building with { Finished = finished }), cancellation);
                new PoolStore(home.Paths).Write(wish);
                StageProgress filling = new($"making {wish.Count} VMs of {wish.Image} ready", InBytes: false);
                progress.Report(filling);
                await FillAsync(context, keeper, wish, template.Manifest.Name, progress);
                progress.Report(filling with { Finished = true });
            }

            context.Out.WriteLine(wish.Image);
            return 0;
        });
        return command;
    }

    /// <summary>A pool is what its file says: an interrupt ends the wait for it, and whoever interrupted is told what there is.</summary>
    private static async Task FillAsync(CliContext context, PoolKeeper keeper, PoolWish wish, string shape, IProgressSink progress)
    {
        try
        {
            await keeper.FillAsync(wish, shape, context.Cancellation);
        }
        catch (OperationCanceledException)
        {
            progress.Dispose();
            ILookup<SpareStatus, SpareRecord> spares = keeper.SparesOf(wish.Key).ToLookup(static spare => spare.Status);
            context.Error.WriteLine(Interrupted(wish, spares[SpareStatus.Ready].Count(), spares[SpareStatus.Starting].Count()));
            throw;
        }
    }

    internal static string Interrupted(PoolWish wish, int ready, int starting) =>
        $"hearth: interrupted: the pool of {wish.Image} is set to {wish.Count}; {ready} of its VMs stand ready, {starting} more come to.\n"
        + $"  'hearth pool rm {wish.Image}' ends them" + (ready + starting < wish.Count ? "; the same command again makes the rest." : ".");

    private static int ReadCount(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= MostSpares
        ? count
        : throw new HearthException("pool.number", $"-n {text}: not a number of VMs.", $"Use 0 to {MostSpares}.");

    /// <summary>Sizes are read as <c>run</c> reads them.</summary>
    private static PoolWish Read(VmOptions options, ParseResult parsed, int count, TimeProvider time) => new()
    {
        Image = parsed.GetRequiredValue(options.Image),
        Count = count,
        Vcpus = (int)Math.Ceiling(FlagValues.Cpus(parsed.GetValue(options.Cpus)) ?? 1),
        MemoryBytes = FlagValues.Memory(parsed.GetValue(options.Memory)) ?? VmSpec.DefaultMemoryBytes,
        DiskBytes = FlagValues.Disk(parsed.GetValue(options.Disk)) ?? VmSpec.DefaultDiskBytes,
        Kernel = parsed.GetValue(options.Kernel) ?? "debian",
        Accel = FlagValues.Accel(parsed.GetValue(options.Accel)),
        Created = time.GetUtcNow(),
    };
}

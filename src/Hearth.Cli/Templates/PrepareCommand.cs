using System.CommandLine;
using Hearth.Cli.ImageCommands;
using Hearth.Cli.Output;
using Hearth.Cli.Run;
using Hearth.Core.Naming;
using Hearth.Core.Progress;
using Hearth.Core.Specs;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Store;
using Hearth.Engine.Templates;
using Hearth.Images.Kernels;
using Hearth.Images.Store;
using Hearth.Networking.Topology;

namespace Hearth.Cli.Templates;

/// <summary><c>hearth prepare</c>: the template's key on stdout, progress on stderr.</summary>
internal static class PrepareCommand
{
    public static Command Create(CliContext context)
    {
        VmOptions options = new();
        HearthCommand command = new(
            "prepare",
            "Make an image's template ahead, so that its first run need not boot.",
            "hearth prepare @busybox",
            "hearth prepare -m 1G -c 2 @debian")
        {
            options.Cpus, options.Memory, options.Disk, options.Pull, options.Platform, options.Kernel, options.Accel, options.Image,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            VmSpec spec = ReadSizes(options, parsed, context.Time);
            PullPolicy policy = VmCreation.ReadPull(parsed.GetValue(options.Pull));
            HearthHome home = HearthHome.Open(context.Paths);
            FrozenState template;
            using (IProgressSink progress = context.OpenProgress())
            {
                ImageRecord image = await ImageHome.Open(context).GetAsync(spec.Image, policy, parsed.GetValue(options.Platform), progress, cancellation);
                await new KernelStore(home.Paths).EnsureAsync(spec.Kernel, progress, cancellation);
                StageProgress building = new($"booting a template of {spec.Image}", InBytes: false);
                template = await TemplatePreparation.EnsureAsync(
                    home.Paths, spec with { ImageId = image.Id }, context.Time, finished => progress.Report(building with { Finished = finished }), cancellation);
            }

            context.Out.WriteLine(template.Manifest.Name);
            return 0;
        });
        return command;
    }

    /// <summary>What a template depends on, read as <c>run</c> reads it; what is to run in it comes later.</summary>
    private static VmSpec ReadSizes(VmOptions options, ParseResult parsed, TimeProvider time)
    {
        VmSpec defaults = new()
        {
            Id = VmId.New(),
            Name = "template",
            Created = time.GetUtcNow(),
            Image = parsed.GetRequiredValue(options.Image),
            ImageId = "",
            Container = new ContainerSpec { Hostname = "template", Process = new ProcessSpec { Args = [] } },
        };
        return defaults with
        {
            Vcpus = (int)Math.Ceiling(FlagValues.Cpus(parsed.GetValue(options.Cpus)) ?? defaults.Vcpus),
            MemoryBytes = FlagValues.Memory(parsed.GetValue(options.Memory)) ?? defaults.MemoryBytes,
            DiskBytes = FlagValues.Disk(parsed.GetValue(options.Disk)) ?? defaults.DiskBytes,
            Network = RootlessNetwork.Default,
            Kernel = parsed.GetValue(options.Kernel) ?? defaults.Kernel,
            Accel = FlagValues.Accel(parsed.GetValue(options.Accel)),
        };
    }
}

using System.CommandLine;
using System.Text.Json.Nodes;
using Hearth.Cli.Listing;
using Hearth.Cli.Output;
using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Units;
using Hearth.Engine.Pools;
using Hearth.Engine.Store;
using Hearth.Engine.Templates;
using Hearth.Images.Kernels;
using Hearth.Linux.Files;

namespace Hearth.Cli.KernelCommands;

/// <summary><c>hearth kernel ls|pull|build|rm</c>.</summary>
internal static class KernelCommand
{
    private static readonly Column[] s_columns =
    [
        new("Name", "NAME"), new("Release", "RELEASE"), new("Digest", "DIGEST"), new("Size", "SIZE"), new("Path", "PATH", false),
    ];

    public static Command Create(CliContext context) =>
        new HearthCommand("kernel", "Look after guest kernels.", "hearth kernel ls", "hearth kernel build micro")
        {
            List(context), Pull(context), Build(context), Remove(context),
        };

    private static HearthCommand List(CliContext context)
    {
        Option<bool> quiet = ListingOptions.Quiet("Only names");
        Option<bool> noTruncation = ListingOptions.NoTruncation();
        Option<string?> format = ListingOptions.Format();
        HearthCommand command = new("ls", "List kernels.", "hearth kernel ls") { quiet, noTruncation, format };
        command.Aliases.Add("list");
        command.SetAction(parsed =>
        {
            ListingWriter listing = new(s_columns, parsed.GetValue(format));
            bool whole = parsed.GetValue(noTruncation);
            listing.Write(context.Out, Store(context).List().Select(kernel => Row(kernel, whole)), parsed.GetValue(quiet));
            return 0;
        });
        return command;
    }

    private static HearthCommand Pull(CliContext context)
    {
        Argument<string> name = new("NAME") { Description = "debian", DefaultValueFactory = static _ => KernelStore.Debian };
        HearthCommand command = new("pull", "Fetch the kernel package of this machine's Debian.", "hearth kernel pull") { name };
        command.SetAction(async (parsed, cancellation) =>
        {
            using IProgressSink progress = context.OpenProgress();
            KernelRecord kernel = await Store(context).EnsureAsync(parsed.GetRequiredValue(name), progress, cancellation);
            context.Out.WriteLine($"{kernel.Name} {kernel.Release}");
            return 0;
        });
        return command;
    }

    private static HearthCommand Build(CliContext context)
    {
        Argument<string> name = new("NAME") { Description = "micro", DefaultValueFactory = static _ => KernelStore.Micro };
        HearthCommand command = new("build", "Build the small kernel from Debian's kernel source.", "hearth kernel build micro") { name };
        command.SetAction(async (parsed, cancellation) =>
        {
            string asked = parsed.GetRequiredValue(name);
            if (asked != KernelStore.Micro)
            {
                throw new HearthException("kernel.unknown", $"There is no recipe for a kernel '{asked}'.", "Only 'micro' can be built.", ExitCodes.Usage);
            }

            using IProgressSink progress = context.OpenProgress();
            KernelRecord kernel = await new MicroKernelBuilder(context.Paths, Store(context)).BuildMicroAsync(progress, cancellation);
            context.Out.WriteLine($"{kernel.Name} {kernel.Release}");
            return 0;
        });
        return command;
    }

    private static HearthCommand Remove(CliContext context)
    {
        Argument<string[]> names = ListingOptions.Names("NAME", "Names or digests");
        HearthCommand command = new("rm", "Remove kernels, and the templates that run them.", "hearth kernel rm micro") { names };
        command.SetAction(async (parsed, cancellation) =>
        {
            KernelStore store = Store(context);
            foreach (string name in parsed.GetRequiredValue(names))
            {
                string? digest = store.Find(name)?.Digest;
                if (new PoolStore(context.Paths).List().FirstOrDefault(wish => store.Find(wish.Kernel)?.Digest == digest && digest is not null) is { } pool)
                {
                    throw new HearthException("kernel.in-use", $"Kernel '{name}' cannot be removed: the pool of {pool.Image} runs it.", $"'hearth pool rm {pool.Image}' ends that.", 1);
                }

                await store.RemoveAsync(name, cancellation);
                new TemplateStore(context.Paths).RemoveWhere(manifest => manifest.Kernel == digest);
                context.Out.WriteLine(name);
            }

            return 0;
        });
        return command;
    }

    private static KernelStore Store(CliContext context) => new(HearthHome.Open(context.Paths).Paths);

    private static ListingRow Row(KernelRecord kernel, bool noTruncation)
    {
        long bytes = AllocatedSize.OfFile(kernel.VmlinuxPath) + AllocatedSize.OfTree(kernel.ModulesDirectory);
        return new ListingRow(kernel.Name, new JsonObject
        {
            ["Name"] = kernel.Name,
            ["Release"] = kernel.Release,
            ["Digest"] = noTruncation ? kernel.Digest : VmId.Short(kernel.Digest),
            ["Size"] = new ByteSize(bytes).ToDecimalString(),
            ["Path"] = kernel.VmlinuxPath,
        });
    }
}

using System.CommandLine;
using Hearth.Cli.ImageCommands;
using Hearth.Cli.Templates;
using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Units;
using Hearth.Engine.Pools;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Store;
using Hearth.Images.Kernels;

namespace Hearth.Cli.Completion;

/// <summary>
/// <c>hearth __complete -- WORD…</c>: a candidate a line, and behind a tab its description. Says nothing rather than fail:
/// it runs while somebody types.
/// </summary>
internal static class CompleteCommand
{
    public static Command Create(CliContext context)
    {
        Argument<string[]> words = new("WORD") { Arity = ArgumentArity.ZeroOrMore };
        HearthCommand command = new("__complete", "Answer a shell's completion script.") { words };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            Completer completer = new(CommandTree.Build(context, []), kind => Names(context, kind));
            try
            {
                foreach ((string name, string description) in completer.Complete(parsed.GetValue(words) ?? []))
                {
                    context.Out.WriteLine($"{name}\t{description}");
                }
            }
            catch (HearthException)
            {
                // No home, or one that cannot be read: no names.
            }

            return 0;
        });
        return command;
    }

    private static IEnumerable<(string Name, string Description)> Names(CliContext context, NameKind kind) => kind switch
    {
        NameKind.Image => Images(context),
        NameKind.Kernel => new KernelStore(context.Paths).List().Select(static kernel => (kernel.Name, kernel.Release)),
        NameKind.Template => Templates(context),
        NameKind.Pool => new PoolStore(HearthHome.Open(context.Paths).Paths).List().Select(static wish => (wish.Image, $"{wish.Count} VMs of {new ByteSize(wish.MemoryBytes)}")),
        NameKind.Snapshot => new SnapshotStore(HearthHome.Open(context.Paths).Paths).List().Select(static s => (s.Manifest.Name, s.Manifest.Image)),
        NameKind.VmOrImage => Vms(context).Select(Described).Concat(Images(context)),
        NameKind.RunningVm => Vms(context).Where(static vm => vm.IsActive || vm.IsIdle).Select(Described),
        NameKind.StoppedVm => Vms(context).Where(static vm => !vm.IsActive).Select(Described),
        NameKind.VmPath => Vms(context).Select(static vm => (vm.Name + ":", vm.Spec.Image)),
        _ => Vms(context).Select(Described),
    };

    private static IEnumerable<(string Name, string Description)> Templates(CliContext context) =>
        TemplateHome.Open(context).Store.List().Select(static entry =>
            (VmId.Short(entry.Key), $"{entry.State.Manifest.Image}, {new ByteSize(entry.State.Manifest.MemoryBytes)}, {entry.State.Manifest.Vcpus} CPUs"));

    private static IReadOnlyList<VmModel> Vms(CliContext context) => HearthHome.Open(context.Paths).Vms.List();

    private static (string Name, string Description) Described(VmModel vm) => (vm.Name, $"{vm.Spec.Image}, {Words.Of(vm.State.Status)}");

    private static IEnumerable<(string Name, string Description)> Images(CliContext context) =>
        ImageHome.Open(context).List().SelectMany(static image => image.RepoTags).Concat(["@busybox", "@debian"]).Select(static name => (name, ""));
}

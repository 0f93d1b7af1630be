using System.CommandLine;
using Hearth.Cli.Listing;
using Hearth.Engine.Store;

namespace Hearth.Cli.Life;

/// <summary>Commands on several VMs (<see cref="EachName"/>).</summary>
internal static class Targets
{
    public static Argument<string[]> Argument() => new("VM") { Description = "Names, ids or starts of ids.", Arity = ArgumentArity.OneOrMore };

    public static Argument<string> One() => new("VM") { Description = "Name, id or the start of an id." };

    /// <summary>Calls <paramref name="act"/> for each VM in order and prints what it returns.</summary>
    public static Task<int> ForEachAsync(CliContext context, IReadOnlyList<string> names, Func<VmStore, VmModel, Task<string>> act) =>
        ForEachNameAsync(context, names, (store, name) => act(store, store.Find(name)));

    /// <summary>As <see cref="ForEachAsync"/>, before the VM is looked up.</summary>
    public static Task<int> ForEachNameAsync(CliContext context, IReadOnlyList<string> names, Func<VmStore, string, Task<string>> act)
    {
        VmStore store = HearthHome.Open(context.Paths).Vms;
        return EachName.TryAsync(context, names, name => act(store, name));
    }
}

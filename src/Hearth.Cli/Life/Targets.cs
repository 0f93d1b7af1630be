using System.CommandLine;
using Hearth.Core.Errors;
using Hearth.Engine.Store;

namespace Hearth.Cli.Life;

/// <summary>Commands on several VMs: each is tried, done ones are named on stdout, and one failure makes the exit code 1.</summary>
internal static class Targets
{
    public static Argument<string[]> Argument() => new("VM") { Description = "Names, ids or starts of ids.", Arity = ArgumentArity.OneOrMore };

    public static Argument<string> One() => new("VM") { Description = "Name, id or the start of an id." };

    /// <summary>Calls <paramref name="act"/> for each VM in order and prints what it returns.</summary>
    public static Task<int> ForEachAsync(CliContext context, IReadOnlyList<string> names, Func<VmStore, VmModel, Task<string>> act) =>
        ForEachNameAsync(context, names, (store, name) => act(store, store.Find(name)));

    /// <summary>As <see cref="ForEachAsync"/>, before the VM is looked up.</summary>
    public static async Task<int> ForEachNameAsync(CliContext context, IReadOnlyList<string> names, Func<VmStore, string, Task<string>> act)
    {
        VmStore store = HearthHome.Open(context.Paths).Vms;
        int code = 0;
        foreach (string name in names)
        {
            try
            {
                string done = await act(store, name);
                context.Out.WriteLine(done);
                context.Out.Flush();
            }
            catch (HearthException e)
            {
                CommandLine.ShowError(context, e);
                code = 1;
            }
        }

        return code;
    }
}

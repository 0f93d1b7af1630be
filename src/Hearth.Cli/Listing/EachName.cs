using Hearth.Core.Errors;

namespace Hearth.Cli.Listing;

/// <summary>Commands on several things: each is tried, done ones are named on stdout, and one failure makes the exit code 1.</summary>
internal static class EachName
{
    /// <summary>Calls <paramref name="act"/> for each name in order and prints what it returns.</summary>
    public static async Task<int> TryAsync(CliContext context, IEnumerable<string> names, Func<string, Task<string>> act)
    {
        int exitCode = 0;
        foreach (string name in names)
        {
            try
            {
                string done = await act(name);
                context.Out.WriteLine(done);
                context.Out.Flush();
            }
            catch (HearthException e)
            {
                CommandLine.ShowError(context, e);
                exitCode = 1;
            }
        }

        return exitCode;
    }
}

using Hearth.Core.Errors;

namespace Hearth.Cli.Listing;

/// <summary>Asks before something is removed that was not named.</summary>
internal static class Confirmation
{
    /// <summary>Whether to go on. Asks on a terminal; elsewhere nobody would answer, so <c>--force</c> is needed.</summary>
    /// <exception cref="HearthException"><c>prune.unconfirmed</c>.</exception>
    public static bool Ask(CliContext context, string command, string warning)
    {
        if (Console.IsInputRedirected || Console.IsErrorRedirected)
        {
            throw new HearthException(
                "prune.unconfirmed", $"{command}: cannot ask whether to go on, because there is no terminal.", $"Use '{command} --force'.", 1);
        }

        context.Error.WriteLine(warning);
        context.Error.Write("Are you sure you want to continue? [y/N] ");
        return Console.In.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }
}

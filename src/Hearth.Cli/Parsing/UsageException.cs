using System.CommandLine;

namespace Hearth.Cli.Parsing;

/// <summary>The command line could not be understood: exit code 2 and a pointer to the command's help.</summary>
internal sealed class UsageException(Command command, string message) : Exception(message)
{
    /// <summary>The words that name the command: <c>hearth image inspect</c>.</summary>
    public string CommandPath { get; } = PathOf(command);

    private static string PathOf(Command command)
    {
        var words = new List<string>();
        for (Symbol? symbol = command; symbol is not null; symbol = symbol.Parents.FirstOrDefault())
        {
            words.Insert(0, symbol is RootCommand ? "hearth" : symbol.Name);
        }

        return string.Join(' ', words);
    }
}

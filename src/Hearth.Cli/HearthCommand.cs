using System.CommandLine;

namespace Hearth.Cli;

/// <summary>A command whose help ends with examples.</summary>
internal sealed class HearthCommand(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Whole command lines, without a prompt.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;

    /// <summary>
    /// Everything behind the first argument belongs to that argument's program and is not read as options of this command
    /// (<c>run IMAGE COMMAND -x</c>).
    /// </summary>
    public bool StopsAtFirstArgument { get; init; }
}

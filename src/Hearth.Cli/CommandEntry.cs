using System.CommandLine;

namespace Hearth.Cli;

/// <summary>A command that is built only when it is asked for, so that a start pays for one command and not for forty.</summary>
/// <param name="Name">The first word of the command line.</param>
/// <param name="Create">Builds it.</param>
internal sealed record CommandEntry(string Name, Func<CliContext, Command> Create);

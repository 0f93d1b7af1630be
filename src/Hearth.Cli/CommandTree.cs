using System.CommandLine;
using System.CommandLine.Help;
using Hearth.Cli.Copy;
using Hearth.Cli.Exec;
using Hearth.Cli.Help;
using Hearth.Cli.Life;
using Hearth.Cli.Networks;
using Hearth.Cli.Run;
using Hearth.Cli.Snapshots;

namespace Hearth.Cli;

/// <summary>Lists every command by its folder and builds the root command with the ones that a command line needs.</summary>
internal static partial class CommandTree
{
    /// <summary>All commands in the order in which <c>hearth --help</c> shows them.</summary>
    public static IReadOnlyList<CommandEntry> Entries()
    {
        List<CommandEntry> entries = [];
        AddLife(entries);
        AddListing(entries);
        return entries;
    }

    /// <summary>The root command with the one subcommand that <paramref name="args"/> name, or with all of them when it names none.</summary>
    public static RootCommand Build(CliContext context, IReadOnlyList<string> args)
    {
        var root = new RootCommand("Runs OCI images, each in a Linux microVM of its own.");
        root.Options.Clear();
        root.Options.Add(new HelpOption { Action = new ExampleHelpAction() });
        IReadOnlyList<CommandEntry> entries = Entries();
        CommandEntry? named = args.Count > 0 ? entries.FirstOrDefault(entry => entry.Name == args[0]) : null;
        foreach (CommandEntry entry in named is null ? entries : [named])
        {
            root.Subcommands.Add(entry.Create(context));
        }

        return root;
    }

    /// <summary>Listings, images and everything that only shows: declared in CommandTree.Listing.cs.</summary>
    static partial void AddListing(List<CommandEntry> entries);

    private static void AddLife(List<CommandEntry> entries)
    {
        entries.Add(new("run", RunCommand.Create));
        entries.Add(new("create", CreateCommand.Create));
        entries.Add(new("start", StartCommand.Create));
        entries.Add(new("stop", StopCommand.Create));
        entries.Add(new("restart", RestartCommand.Create));
        entries.Add(new("kill", KillCommand.Create));
        entries.Add(new("rm", RemoveCommand.Create));
        entries.Add(new("exec", ExecCommand.Create));
        entries.Add(new("attach", AttachCommand.Create));
        entries.Add(new("cp", CopyCommand.Create));
        entries.Add(new("wait", WaitCommand.Create));
        entries.Add(new("port", PortCommand.Create));
        entries.Add(new("egress", EgressCommand.Create));
        entries.Add(new("network", NetworkCommand.Create));
        entries.Add(new("rename", RenameCommand.Create));
        entries.Add(new("pause", PauseCommand.Create));
        entries.Add(new("unpause", PauseCommand.CreateUnpause));
        entries.Add(new("snapshot", SnapshotCommand.Create));
        entries.Add(new("fork", ForkCommand.Create));
        entries.Add(new("rollback", RollbackCommand.Create));
        entries.Add(new("suspend", SuspendCommand.Create));
        entries.Add(new("resume", SuspendCommand.CreateResume));
        entries.Add(new("supervisor", SupervisorCommand.Create));
        entries.Add(new("doorkeeper", DoorkeeperCommand.Create));
        entries.Add(new("version", VersionCommand.Create));
    }
}

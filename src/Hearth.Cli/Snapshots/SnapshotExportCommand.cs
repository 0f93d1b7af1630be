using System.CommandLine;
using Hearth.Cli.Listing;
using Hearth.Cli.Output;
using Hearth.Core.Errors;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Snapshots.Exports;
using Hearth.Engine.Store;

namespace Hearth.Cli.Snapshots;

/// <summary><c>hearth snapshot export|import</c>.</summary>
internal static class SnapshotExportCommand
{
    /// <summary>Standard input or output, as a file's name.</summary>
    private const string Standard = "-";

    public static Command CreateExport(CliContext context)
    {
        Argument<string> name = new("NAME") { Description = "Name of the snapshot." };
        Option<string> output = new("--output", "-o") { Description = "The file to write; - is standard output", HelpName = "FILE", DefaultValueFactory = static _ => Standard };
        Option<bool> noImage = new("--no-image") { Description = "Leave out the image and the kernel: the other host has to have them" };
        Option<bool> quiet = ListingOptions.Quiet("Show no progress");
        HearthCommand command = new(
            "export",
            "Write a snapshot, its image and its kernel as one file. It holds all that the VM had in memory: mode 0600, and not encrypted.",
            "hearth snapshot export -o web.hearth before-upgrade",
            "hearth snapshot export before-upgrade | ssh other hearth snapshot import -")
        {
            name, output, noImage, quiet,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            string path = parsed.GetRequiredValue(output);
            if (path == Standard && !Console.IsOutputRedirected)
            {
                throw new HearthException("save.terminal", "snapshot export: an archive is not written to a terminal.", "Use --output FILE, or pipe it on.", 1);
            }

            SnapshotExport export = new(HearthHome.Open(context.Paths).Paths);
            using IProgressSink? progress = parsed.GetValue(quiet) ? null : context.OpenProgress();
            if (path != Standard)
            {
                await export.WriteAsync(parsed.GetRequiredValue(name), !parsed.GetValue(noImage), path, progress, cancellation);
                return 0;
            }

            await using Stream stdout = Console.OpenStandardOutput();
            await export.WriteAsync(parsed.GetRequiredValue(name), !parsed.GetValue(noImage), stdout, progress, cancellation);
            return 0;
        });
        return command;
    }

    public static Command CreateImport(CliContext context)
    {
        Argument<string> file = new("FILE") { Description = "What 'snapshot export' wrote; - is standard input." };
        Option<string?> name = new("--name") { Description = "The snapshot's name here; else the one that it had", HelpName = "NAME" };
        Option<bool> quiet = ListingOptions.Quiet("Show no progress");
        HearthCommand command = new(
            "import",
            "Make a snapshot of an export, on a host with the same QEMU and class of CPU. Import only from people whose programs you would run.",
            "hearth snapshot import web.hearth",
            "hearth snapshot import --name web-2 web.hearth")
        {
            file, name, quiet,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            string path = parsed.GetRequiredValue(file);
            if (path == Standard && !Console.IsInputRedirected)
            {
                throw new HearthException("load.terminal", "snapshot import: standard input is a terminal, not an archive.", "Name a file, or pipe an export in.", 1);
            }

            SnapshotImport import = new(HearthHome.Open(context.Paths).Paths);
            await using Stream source = path == Standard ? Console.OpenStandardInput() : Open(path);
            FrozenState state;
            using (IProgressSink? progress = parsed.GetValue(quiet) ? null : context.OpenProgress())
            {
                state = await import.ReadAsync(source, path == Standard ? "the export" : $"the export '{path}'", parsed.GetValue(name), progress, cancellation);
            }

            context.Out.WriteLine(state.Manifest.Name);
            return 0;
        });
        return command;
    }

    private static FileStream Open(string path)
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new HearthException("archive.unreadable", $"Cannot read the export '{path}': {e.Message.TrimEnd('.')}.", "Check the path.", inner: e);
        }
    }
}

using System.CommandLine;
using Hearth.Cli.Listing;
using Hearth.Core.Errors;
using Hearth.Images.Archives;
using Hearth.Images.Store;

namespace Hearth.Cli.ImageCommands;

/// <summary><c>hearth save</c>.</summary>
internal static class SaveCommand
{
    public static Command Create(CliContext context)
    {
        Option<string?> output = new("--output", "-o") { Description = "The file to write; standard output without" };
        Option<string?> format = new("--format") { Description = "docker-archive (the default) or oci-archive" };
        Argument<string[]> images = ListingOptions.Names("IMAGE", "Names or ids");
        HearthCommand command = new("save", "Write images into an archive.", "hearth save -o alpine.tar alpine:3.20", "hearth save alpine | gzip > alpine.tar.gz")
        {
            output, format, images,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            ArchiveFormat kind = ParseFormat(parsed.GetValue(format));
            string? path = parsed.GetValue(output);
            if (path is null && !Console.IsOutputRedirected)
            {
                throw new HearthException("save.terminal", "save: an archive is not written to a terminal.", "Use --output FILE, or pipe it on.", 1);
            }

            ImageStore store = ImageHome.Open(context);
            string[] names = parsed.GetRequiredValue(images);
            if (path is not null)
            {
                await store.SaveAsync(names, path, kind, cancellation);
                return 0;
            }

            await using Stream stdout = Console.OpenStandardOutput();
            await store.SaveAsync(names, stdout, kind, cancellation);
            return 0;
        });
        return command;
    }

    /// <exception cref="HearthException"><c>save.format</c>.</exception>
    public static ArchiveFormat ParseFormat(string? text) => text switch
    {
        null or "" or "docker-archive" => ArchiveFormat.DockerArchive,
        "oci-archive" => ArchiveFormat.OciArchive,
        _ => throw new HearthException("save.format", $"--format {text}: there is no such archive format.", "Use docker-archive or oci-archive.", ExitCodes.Usage),
    };
}

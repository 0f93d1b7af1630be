using System.CommandLine;
using Hearth.Cli.Listing;
using Hearth.Cli.Output;
using Hearth.Core.Errors;
using Hearth.Images.Store;

namespace Hearth.Cli.ImageCommands;

/// <summary><c>hearth load</c>.</summary>
internal static class LoadCommand
{
    public static Command Create(CliContext context)
    {
        Option<string?> input = new("--input", "-i") { Description = "The archive; standard input without" };
        Option<bool> quiet = ListingOptions.Quiet("Show no progress");
        HearthCommand command = new("load", "Load images from an archive.", "hearth load -i image.tar", "docker save alpine | hearth load") { input, quiet };
        command.SetAction(async (parsed, cancellation) =>
        {
            string? path = parsed.GetValue(input);
            if (path is null && !Console.IsInputRedirected)
            {
                throw new HearthException("load.terminal", "load: standard input is a terminal, not an archive.", "Use --input FILE, or pipe an archive in.", 1);
            }

            ImageStore store = ImageHome.Open(context);
            IReadOnlyList<ImageRecord> images;
            using (IProgressSink? progress = parsed.GetValue(quiet) ? null : context.OpenProgress())
            {
                images = path is null
                    ? await store.LoadAsync(Console.OpenStandardInput(), progress, cancellation)
                    : await store.LoadAsync(path, progress, cancellation);
            }

            foreach (ImageRecord image in images)
            {
                string[] lines = image.RepoTags.Count > 0 ? [.. image.RepoTags.Select(static name => $"Loaded image: {name}")] : [$"Loaded image ID: {image.Id}"];
                Array.ForEach(lines, context.Out.WriteLine);
                ImageHome.Record(context, "load", image.Id, image.RepoTags.Count > 0 ? image.RepoTags[0] : image.Id);
            }

            return 0;
        });
        return command;
    }
}

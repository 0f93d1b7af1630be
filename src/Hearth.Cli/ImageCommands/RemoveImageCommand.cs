using System.CommandLine;
using Hearth.Cli.Listing;
using Hearth.Cli.Templates;
using Hearth.Core.Errors;
using Hearth.Images.Store;

namespace Hearth.Cli.ImageCommands;

/// <summary><c>hearth rmi</c>, which is also <c>hearth image rm</c>.</summary>
internal static class RemoveImageCommand
{
    public static Command Create(CliContext context) => Create(context, "rmi");

    public static Command Create(CliContext context, string name)
    {
        Option<bool> force = new("--force", "-f") { Description = "All names of an id at once; no error when there is no such image" };
        Argument<string[]> images = ListingOptions.Names("IMAGE", "Names or ids");
        HearthCommand command = new(name, "Remove images.", "hearth rmi alpine:3.20") { force, images };
        command.SetAction(async (parsed, cancellation) =>
        {
            ImageStore store = ImageHome.Open(context);
            int exitCode = 0;
            foreach (string image in parsed.GetRequiredValue(images))
            {
                try
                {
                    Show(context, await store.RemoveAsync(image, parsed.GetValue(force), cancellation));
                }
                catch (HearthException e) when (e.Code == "image.not-found" && parsed.GetValue(force))
                {
                    context.Error.WriteLine($"No such image: {image}");
                }
                catch (HearthException e)
                {
                    CommandLine.ShowError(context, e);
                    exitCode = 1;
                }
            }

            return exitCode;
        });
        return command;
    }

    /// <summary>Docker's lines, and an event for each. The templates of an image that is gone go too.</summary>
    /// <returns>Bytes of those.</returns>
    public static long Show(CliContext context, IReadOnlyList<RemovedImage> removed)
    {
        HashSet<string> gone = [.. removed.Where(static one => one.Deleted).Select(static one => one.Name)];
        foreach (RemovedImage one in removed)
        {
            context.Out.WriteLine(one);
            ImageHome.Record(context, one.Deleted ? "delete" : "untag", one.Name, one.Name);
        }

        return gone.Count == 0 ? 0 : TemplateHome.Open(context).Store.RemoveWhere(manifest => gone.Contains(manifest.ImageId)).Sum(static entry => entry.Bytes);
    }
}

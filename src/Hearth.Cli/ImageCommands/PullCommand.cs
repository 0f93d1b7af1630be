using System.CommandLine;
using Hearth.Cli.Listing;
using Hearth.Cli.Output;
using Hearth.Images.Store;

namespace Hearth.Cli.ImageCommands;

/// <summary><c>hearth pull</c>: the name on stdout, progress on stderr.</summary>
internal static class PullCommand
{
    public static Command Create(CliContext context)
    {
        Option<string?> platform = new("--platform") { Description = "os/architecture[/variant]; this machine's without" };
        Option<bool> quiet = ListingOptions.Quiet("Show no progress");
        Argument<string> reference = new("IMAGE") { Description = "A name, @busybox or @debian, or a skopeo transport (oci:DIR, docker-archive:FILE, …)" };
        HearthCommand command = new("pull", "Fetch an image.", "hearth pull alpine:3.20", "hearth pull oci-archive:image.tar") { platform, quiet, reference };
        command.SetAction(async (parsed, cancellation) =>
        {
            ImageStore store = ImageHome.Open(context);
            string name = parsed.GetRequiredValue(reference);
            ImageRecord image;
            using (IProgressSink? progress = parsed.GetValue(quiet) ? null : context.OpenProgress())
            {
                image = await store.PullAsync(name, parsed.GetValue(platform), progress, cancellation);
            }

            ImageHome.Record(context, "pull", image.Id, name);
            context.Out.WriteLine(name);
            return 0;
        });
        return command;
    }
}

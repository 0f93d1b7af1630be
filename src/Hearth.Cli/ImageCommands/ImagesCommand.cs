using System.CommandLine;
using Hearth.Cli.Listing;
using Hearth.Cli.Output;
using Hearth.Images.Store;

namespace Hearth.Cli.ImageCommands;

/// <summary><c>hearth images</c>, which is also <c>hearth image ls</c>.</summary>
internal static class ImagesCommand
{
    public static Command Create(CliContext context) => Create(context, "images");

    public static Command Create(CliContext context, string name)
    {
        Option<bool> all = new("--all", "-a") { Description = "Also images without a name" };
        Option<bool> quiet = ListingOptions.Quiet();
        Option<bool> digests = new("--digests") { Description = "Show digests" };
        Option<bool> noTruncation = ListingOptions.NoTruncation();
        Option<string[]> filter = ListingOptions.Filter("reference, dangling, label, before, since");
        Option<string?> format = ListingOptions.Format();
        Argument<string?> reference = new("REFERENCE") { Description = "A name, with * and ?", Arity = ArgumentArity.ZeroOrOne };
        HearthCommand command = new(name, "List images.", "hearth images", "hearth images --filter reference='alpine*' -q")
        {
            all, quiet, digests, noTruncation, filter, format, reference,
        };
        command.SetAction(parsed =>
        {
            ListingWriter listing = new(ImageRows.Columns(parsed.GetValue(digests)), parsed.GetValue(format));
            ImageStore store = ImageHome.Open(context);
            ImageFilter fits = new(parsed.GetValue(filter), parsed.GetValue(reference), store.Require);
            DateTimeOffset now = context.Time.GetUtcNow();
            IEnumerable<ListingRow> rows = store.List().Select(fits.Select).OfType<ImageRecord>()
                .SelectMany(image => ImageRows.Of(image, now, parsed.GetValue(noTruncation)));
            bool onlyIds = parsed.GetValue(quiet);
            listing.Write(context.Out, onlyIds ? rows.DistinctBy(static row => row.Quiet) : rows, onlyIds);
            return 0;
        });
        return command;
    }
}

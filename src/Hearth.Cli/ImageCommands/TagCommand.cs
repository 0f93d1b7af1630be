using System.CommandLine;
using Hearth.Images.Store;

namespace Hearth.Cli.ImageCommands;

/// <summary><c>hearth tag</c>.</summary>
internal static class TagCommand
{
    public static Command Create(CliContext context)
    {
        Argument<string> source = new("IMAGE") { Description = "A name or id" };
        Argument<string> target = new("NAME") { Description = "[registry/]name[:tag]" };
        HearthCommand command = new("tag", "Give an image one more name.", "hearth tag alpine:3.20 base") { source, target };
        command.SetAction(async (parsed, cancellation) =>
        {
            ImageStore store = ImageHome.Open(context);
            string name = parsed.GetRequiredValue(target);
            await store.TagAsync(parsed.GetRequiredValue(source), name, cancellation);
            ImageHome.Record(context, "tag", store.Require(name).Id, name);
            return 0;
        });
        return command;
    }
}

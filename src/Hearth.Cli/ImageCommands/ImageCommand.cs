using System.CommandLine;
using Hearth.Cli.Listing;

namespace Hearth.Cli.ImageCommands;

/// <summary><c>hearth image</c>: the noun's own commands, and the plain ones under Docker's other names.</summary>
internal static class ImageCommand
{
    public static Command Create(CliContext context)
    {
        HearthCommand command = new("image", "Look after images.", "hearth image ls", "hearth image inspect alpine")
        {
            InspectCommand.CreateForImages(context),
            PruneImagesCommand.Create(context),
            PullCommand.Create(context),
            RemoveImageCommand.Create(context, "rm"),
            TagCommand.Create(context),
            LoadCommand.Create(context),
            SaveCommand.Create(context),
        };
        Command list = ImagesCommand.Create(context, "ls");
        list.Aliases.Add("list");
        command.Subcommands.Add(list);
        return command;
    }
}

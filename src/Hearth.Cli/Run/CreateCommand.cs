using System.CommandLine;
using Hearth.Engine.Store;

namespace Hearth.Cli.Run;

/// <summary><c>hearth create</c>.</summary>
internal static class CreateCommand
{
    public static Command Create(CliContext context)
    {
        var options = new VmOptions();
        var command = new HearthCommand(
            "create",
            "Create a VM from an image, without starting it.",
            "hearth create --name web nginx",
            "hearth start web")
        {
            StopsAtFirstArgument = true,
        };
        options.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            VmFlags flags = FlagReader.FreezeWhenHealthy(FlagReader.Read(options, parsed, context.Variable), isDetached: true);
            VmModel vm = await VmCreation.CreateAsync(context, options, parsed, flags);
            context.Out.WriteLine(vm.Id);
            return 0;
        });
        return command;
    }
}

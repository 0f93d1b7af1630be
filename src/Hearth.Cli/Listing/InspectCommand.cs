using System.CommandLine;
using System.Text.Json.Nodes;
using Hearth.Cli.ImageCommands;
using Hearth.Cli.Output;
using Hearth.Core.Errors;
using Hearth.Engine.Store;
using Hearth.Images.Store;

namespace Hearth.Cli.Listing;

/// <summary><c>hearth inspect</c>: VMs first, then images; what is not found is said and the rest still shown.</summary>
internal static class InspectCommand
{
    public static Command Create(CliContext context)
    {
        Option<string?> type = new("--type") { Description = "container (or vm), or image" };
        Option<bool> size = new("--size", "-s") { Description = "Add SizeRw: what the VM wrote, in bytes" };
        Option<string?> format = ListingOptions.InspectFormat();
        Argument<string[]> names = ListingOptions.Names("NAME", "Names or ids");
        HearthCommand command = new("inspect", "Show all that is known of VMs or images.", "hearth inspect web", "hearth inspect -f '{{.State.Status}}' web")
        {
            type, size, format, names,
        };
        command.SetAction(parsed => Inspect(context, parsed.GetRequiredValue(names), parsed.GetValue(format), Finder(context, parsed.GetValue(type), parsed.GetValue(size))));
        return command;
    }

    public static Command CreateForImages(CliContext context)
    {
        Option<string?> format = ListingOptions.InspectFormat();
        Argument<string[]> names = ListingOptions.Names("IMAGE", "Names or ids");
        HearthCommand command = new("inspect", "Show all that is known of images.", "hearth image inspect -f '{{json .Config}}' alpine") { format, names };
        command.SetAction(parsed => Inspect(context, parsed.GetRequiredValue(names), parsed.GetValue(format), Finder(context, "image", hasSize: false)));
        return command;
    }

    private static int Inspect(CliContext context, string[] names, string? format, Func<string, JsonObject> find)
    {
        InspectOutput output = new(format);
        List<JsonObject> found = [];
        List<HearthException> missing = [];
        foreach (string name in names)
        {
            try
            {
                found.Add(find(name));
            }
            catch (HearthException e) when (e.Code is "vm.not-found" or "vm.ambiguous" or "image.not-found" or "image.ambiguous" or "object.not-found")
            {
                missing.Add(e);
            }
        }

        output.Write(context.Out, found);
        context.Out.Flush();
        missing.ForEach(e => CommandLine.ShowError(context, e));
        return missing.Count > 0 ? 1 : 0;
    }

    private static Func<string, JsonObject> Finder(CliContext context, string? type, bool hasSize)
    {
        switch (type)
        {
            case "image":
                ImageStore images = ImageHome.Open(context);
                return name => ImageDescription.Of(images.Require(name));
            case "container" or "vm":
                VmStore vms = HearthHome.Open(context.Paths).Vms;
                return name => Vm(vms.Find(name), hasSize);
            case null or "":
                VmStore store = HearthHome.Open(context.Paths).Vms;
                return name => Any(context, store, name, hasSize);
            default:
                throw new HearthException("inspect.type", $"--type {type}: there is no such type.", "Use container, vm or image.", ExitCodes.Usage);
        }
    }

    private static JsonObject Any(CliContext context, VmStore store, string name, bool hasSize)
    {
        try
        {
            return Vm(store.Find(name), hasSize);
        }
        catch (HearthException e) when (e.Code == "vm.not-found")
        {
            return ImageHome.Open(context).Resolve(name) is { } image
                ? ImageDescription.Of(image)
                : throw new HearthException("object.not-found", $"No such VM or image: {name}", "'hearth ps -a' and 'hearth images' list them.", 1);
        }
    }

    private static JsonObject Vm(VmModel vm, bool hasSize)
    {
        JsonObject shown = VmInspection.Of(vm);
        if (hasSize)
        {
            shown["SizeRw"] = Hearth.Linux.Files.AllocatedSize.OfFile(vm.WritableDisk);
        }

        return shown;
    }
}

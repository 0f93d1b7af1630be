using System.CommandLine;
using System.Text.Json.Nodes;
using Hearth.Cli.ImageCommands;
using Hearth.Cli.Life;
using Hearth.Cli.Output;
using Hearth.Cli.Output.Templates;
using Hearth.Core.Specs;
using Hearth.Engine.Pools;
using Hearth.Engine.Store;
using Hearth.Engine.Templates;
using Hearth.Images.Kernels;
using Hearth.Vmm;
using Hearth.Vmm.Qemu;

namespace Hearth.Cli.Listing;

/// <summary><c>hearth info</c>: what this home holds and what it runs on, a name and a value a line.</summary>
internal static class InfoCommand
{
    public static Command Create(CliContext context)
    {
        Option<string?> format = ListingOptions.InspectFormat();
        HearthCommand command = new("info", "Show what this home holds and what it runs on.", "hearth info", "hearth info -f '{{.Accel}}'") { format };
        command.SetAction(parsed =>
        {
            string? asked = parsed.GetValue(format);
            InspectOutput? output = asked is null or "json" ? null : new InspectOutput(asked);
            JsonObject info = Collect(context);
            if (output is not null)
            {
                output.Write(context.Out, [info]);
            }
            else if (asked == "json")
            {
                context.Out.WriteLine(TemplateValue.Json(info));
            }
            else
            {
                foreach ((string name, JsonNode? value) in info)
                {
                    context.Out.WriteLine($"{name}: {TemplateValue.Print(value)}");
                }
            }

            return 0;
        });
        return command;
    }

    private static JsonObject Collect(CliContext context)
    {
        IReadOnlyList<VmModel> vms = HearthHome.Open(context.Paths).Vms.List();
        IReadOnlyList<TemplateEntry> templates = new TemplateStore(context.Paths).List();
        AccelDecision accel = AccelDecision.Choose(AccelChoice.Auto, KvmFacts.Probe());
        return new JsonObject
        {
            ["Version"] = VersionCommand.Number,
            ["Home"] = context.Paths.Home,
            ["Containers"] = vms.Count,
            ["ContainersRunning"] = Count(vms, VmStatus.Running, VmStatus.Starting, VmStatus.Stopping, VmStatus.Restarting),
            ["ContainersPaused"] = Count(vms, VmStatus.Paused),
            ["ContainersStopped"] = Count(vms, VmStatus.Created, VmStatus.Exited),
            ["Images"] = ImageHome.Open(context).List().Count,
            ["Kernels"] = JsonNodes.List(new KernelStore(context.Paths).List().Select(static kernel => kernel.Name)),
            ["Templates"] = templates.Count,
            ["TemplatesSize"] = templates.Sum(static entry => entry.Bytes),
            ["TemplatesBudget"] = TemplateBudget.Read(context.Variable),
            ["Pools"] = new PoolStore(context.Paths).List().Count,
            ["Spares"] = new SpareStore(context.Paths).List().Count,
            ["Engine"] = QemuEngine.FindBinary() ?? "none",
            ["Accel"] = accel.UseKvm ? "kvm" : "tcg",
            ["AccelReason"] = accel.Reason,
            ["NCPU"] = Environment.ProcessorCount,
            ["MemTotal"] = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            ["OSType"] = "linux",
            ["Architecture"] = "x86_64",
        };
    }

    private static int Count(IReadOnlyList<VmModel> vms, params VmStatus[] statuses) => vms.Count(vm => statuses.Contains(vm.State.Status));
}

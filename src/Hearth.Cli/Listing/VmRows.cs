using System.Text.Json.Nodes;
using Hearth.Cli.Output;
using Hearth.Core.Naming;
using Hearth.Core.Units;
using Hearth.Engine.Store;
using Hearth.Networking.Ports;

namespace Hearth.Cli.Listing;

/// <summary>VMs as rows of <c>ps</c>, with Docker's names for what Docker has.</summary>
internal static class VmRows
{
    public static IReadOnlyList<Column> Columns { get; } =
    [
        new("ID", "CONTAINER ID"), new("Image", "IMAGE"), new("Command", "COMMAND"), new("RunningFor", "CREATED"), new("Status", "STATUS"),
        new("Ports", "PORTS"), new("Names", "NAMES"), new("CreatedAt", "CREATED AT", false), new("State", "STATE", false),
        new("Labels", "LABELS", false), new("ImageID", "IMAGE ID", false), new("Memory", "MEMORY", false), new("CPUs", "CPUS", false),
        new("Kernel", "KERNEL", false), new("Engine", "ENGINE", false), new("ExitCode", "EXIT CODE", false), new("Mounts", "MOUNTS", false),
        new("Networks", "NETWORKS", false), new("LocalVolumes", "LOCAL VOLUMES", false), new("Platform", "PLATFORM", false),
    ];

    public static ListingRow Of(VmModel vm, DateTimeOffset now, bool noTruncation)
    {
        string id = noTruncation ? vm.Id : VmId.Short(vm.Id);
        return new ListingRow(
            id,
            new JsonObject
            {
                ["ID"] = id,
                ["Image"] = vm.Spec.Image,
                ["Command"] = VmWords.Command(vm.Spec.Container.Process.Args, noTruncation),
                ["RunningFor"] = VmWords.Ago(vm.Spec.Created, now),
                ["Status"] = VmWords.Status(vm.State, now),
                ["Ports"] = Ports(vm),
                ["Names"] = vm.Name,
                ["CreatedAt"] = JsonNodes.CreatedAt(vm.Spec.Created),
                ["State"] = Words.Of(vm.State.Status),
                ["Labels"] = JsonNodes.JoinLabels(vm.Spec.Labels),
                ["ImageID"] = vm.Spec.ImageId,
                ["Memory"] = new ByteSize(vm.Spec.MemoryBytes).ToString(),
                ["CPUs"] = vm.Spec.Vcpus,
                ["Kernel"] = vm.Spec.Kernel,
                ["Engine"] = vm.State.Engine ?? "",
                ["ExitCode"] = vm.State.ExitCode ?? 0,
                ["Mounts"] = "",
                ["Networks"] = "",
                ["LocalVolumes"] = "0",
                ["Platform"] = "linux/amd64",
            },
            vm.Spec.Labels);
    }

    /// <summary>As Docker: what is published, with both sides, and what the image exposes besides.</summary>
    private static string Ports(VmModel vm)
    {
        IEnumerable<string> published = vm.State.Ports.Select(static port => $"{PortText.HostSide(port)}->{PortText.GuestSide(port)}");
        return string.Join(", ", published.Concat(vm.Spec.ExposedPorts.Except(vm.State.Ports.Select(PortText.GuestSide))));
    }
}

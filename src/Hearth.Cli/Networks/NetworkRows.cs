using System.Globalization;
using System.Text.Json.Nodes;
using Hearth.Cli.Listing;
using Hearth.Cli.Output;
using Hearth.Core.Specs;
using Hearth.Engine.Store;

namespace Hearth.Cli.Networks;

/// <summary>Networks as <c>network ls</c> and <c>network inspect</c> show them.</summary>
internal static class NetworkRows
{
    public static IReadOnlyList<Column> Columns { get; } =
    [
        new("Name", "NAME"), new("Subnet", "SUBNET"), new("Subnet6", "IPV6 SUBNET"), new("Internal", "INTERNAL"), new("VMs", "VMS"), new("CreatedSince", "CREATED"),
        new("CreatedAt", "CREATED AT", false),
    ];

    public static ListingRow Of(NamedNetwork network, IReadOnlyList<VmModel> vms, TimeProvider time) => new(network.Name, new JsonObject
    {
        ["Name"] = network.Name,
        ["Subnet"] = network.Subnet,
        ["Subnet6"] = network.Subnet6 ?? "",
        ["Internal"] = network.Internal ? "true" : "false",
        ["VMs"] = vms.Count.ToString(CultureInfo.InvariantCulture),
        ["CreatedSince"] = VmWords.Ago(network.Created, time.GetUtcNow()),
        ["CreatedAt"] = JsonNodes.CreatedAt(network.Created),
    });

    public static JsonObject Describe(NamedNetwork network, IReadOnlyList<VmModel> vms)
    {
        JsonObject members = [];
        foreach (VmModel vm in vms)
        {
            NetworkPlace? place = vm.State.Networks.FirstOrDefault(place => place.Network == network.Name);
            members[vm.Id] = new JsonObject
            {
                ["Name"] = vm.Name,
                ["Status"] = Words.Of(vm.State.Status),
                ["IPv4Address"] = place?.Address ?? "",
                ["IPv6Address"] = place?.Address6 ?? "",
            };
        }

        return new JsonObject
        {
            ["Name"] = network.Name,
            ["Created"] = JsonNodes.Time(network.Created),
            ["Subnet"] = network.Subnet,
            ["Subnet6"] = network.Subnet6 ?? "",
            ["Internal"] = network.Internal,
            ["Containers"] = members,
        };
    }
}

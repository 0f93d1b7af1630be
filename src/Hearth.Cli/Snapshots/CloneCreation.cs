using Hearth.Cli.Networks;
using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Specs;
using Hearth.Engine.Events;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Store;

namespace Hearth.Cli.Snapshots;

/// <summary>Makes VMs of frozen ones. What is said here replaces what the frozen VM had.</summary>
/// <param name="Name">Null makes one up.</param>
/// <param name="Remove">Remove the VM when it has ended.</param>
/// <param name="Labels">Added to the frozen VM's.</param>
internal sealed record CloneCreation(string? Name, bool Remove, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>Null keeps what the frozen VM had; zero is never.</summary>
    public TimeSpan? IdleSuspend { get; init; }

    /// <summary>The ports to publish; null keeps the frozen VM's, at free ports of the host.</summary>
    public IReadOnlyList<PublishedPort>? Ports { get; init; }

    /// <summary>What the VM may reach; null keeps what the frozen VM might.</summary>
    public EgressSettings? Egress { get; init; }

    /// <exception cref="HearthException">A rule of <see cref="Egress"/> cannot be read.</exception>
    public void RequireReadable(CliContext context) => EgressOptions.RequireReadable(context.Paths, Egress);

    /// <param name="context">Of the command.</param>
    /// <param name="state">The frozen VM.</param>
    /// <param name="fill">Adds to the new directory before anybody sees it; more than once when a name that was made up is taken.</param>
    public VmModel Create(CliContext context, FrozenState state, Action<VmModel>? fill = null)
    {
        VmSpec source = state.Manifest.Spec
            ?? throw new HearthException("snapshot.corrupt", $"The manifest of snapshot {state.Manifest.Name} does not say what VM it was.", "Remove it and make it again.");
        HearthHome home = HearthHome.Open(context.Paths);
        VmModel Claim(string name) => home.Vms.Create(Spec(source, state, name, context.Time.GetUtcNow()), vm =>
        {
            CloneFiles.Place(vm, state);
            fill?.Invoke(vm);
        });
        VmModel vm = Name is null ? Run.RandomName.Claim(Claim) : Claim(Name);
        Dictionary<string, string> attributes = new(vm.Spec.Labels) { ["name"] = vm.Name, ["image"] = vm.Spec.Image, ["snapshot"] = state.Manifest.Name };
        new EventLog(context.Paths).Append(new HearthEvent(context.Time.GetUtcNow(), "container", "create", vm.Id, attributes));
        return vm;
    }

    /// <summary>The guest has its interface or has none. Ports of the host are the frozen VM's: a copy gets others, unless it was told which.</summary>
    /// <exception cref="HearthException"><c>vm.no-network</c>.</exception>
    private NetworkSpec? Network(VmSpec source)
    {
        if (source.Network is { } network)
        {
            return network with
            {
                Ports = Ports ?? [.. network.Ports.Select(static port => port with { HostPort = 0 })],
                Egress = EgressOptions.Inherit(Egress, network.Egress),
            };
        }

        return Ports is not null ? throw new HearthException("vm.no-network", $"Ports of {source.Name} cannot be published: it was frozen without a network.", "Leave -p out.")
            : Egress is { Mode: not EgressMode.None } ? throw new HearthException("vm.no-network", $"A copy of {source.Name} reaches nothing: it was frozen without a network.", "Leave --egress, --allow and --deny out.")
            : null;
    }

    private VmSpec Spec(VmSpec source, FrozenState state, string name, DateTimeOffset now)
    {
        Dictionary<string, string> labels = new(source.Labels);
        foreach ((string key, string value) in Labels)
        {
            labels[key] = value;
        }

        return source with
        {
            Id = VmId.New(),
            Name = name,
            Created = now,
            Kernel = state.Manifest.Kernel,
            AutoRemove = Remove,
            Restart = Remove ? RestartPolicy.No : source.Restart,
            IdleSuspend = IdleSuspend is null ? source.IdleSuspend : IdleSuspend > TimeSpan.Zero ? IdleSuspend : null,
            Network = Network(source),
            Labels = labels,
            Container = source.Container with { Hostname = name },
        };
    }
}

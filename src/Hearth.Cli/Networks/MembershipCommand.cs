using System.CommandLine;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Client;
using Hearth.Engine.Networks;
using Hearth.Engine.Store;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Networks;

/// <summary><c>hearth network connect</c> and <c>disconnect</c>.</summary>
internal static class MembershipCommand
{
    public static HearthCommand Create(CliContext context, bool join)
    {
        Argument<string> network = new("NETWORK") { Description = "Name of the network." };
        Argument<string> vm = Life.Targets.One();
        HearthCommand command = join
            ? new("connect", "Put a VM on a network; one that runs at once, others when they start.", "hearth network connect back web")
            : new("disconnect", "Take a VM off a network.", "hearth network disconnect back web");
        command.Add(network);
        command.Add(vm);
        command.SetAction(async (parsed, _) =>
        {
            await ApplyAsync(context, parsed.GetRequiredValue(vm), new ChangeMembershipRequest(parsed.GetRequiredValue(network), join));
            return 0;
        });
        return command;
    }

    /// <summary>By its supervisor when it has one; else in its spec. One that came to run meanwhile is told as well.</summary>
    private static async Task ApplyAsync(CliContext context, string name, ChangeMembershipRequest request)
    {
        HearthHome home = HearthHome.Open(context.Paths);
        VmModel vm = home.Vms.Find(name);
        if (request.Join)
        {
            new NetworkStore(home.Paths).Require(request.Network);
        }

        if (vm.State.Status == VmStatus.Paused)
        {
            throw new HearthException("vm.paused", $"VM {vm.Name} is paused: its guest cannot be told.", $"'hearth unpause {vm.Name}' lets it go on.", 1);
        }

        if (vm.IsActive && await TryTellAsync(context, vm, request))
        {
            return;
        }

        home.Vms.ChangeMembership(vm, request.Network, request.Join);
        VmModel after = home.Vms.Reload(vm);
        if (after.IsActive && after.State.Networks.Any(place => place.Network == request.Network) != request.Join)
        {
            home.Vms.ChangeMembership(after, request.Network, !request.Join); // It read its spec before that was changed: its supervisor does both.
            await ControlConnection.CallAsync(after, request, context.Cancellation);
        }
    }

    /// <summary>False when it has ended or was suspended meanwhile.</summary>
    private static async Task<bool> TryTellAsync(CliContext context, VmModel vm, ChangeMembershipRequest request)
    {
        try
        {
            await ControlConnection.CallAsync(vm, request, context.Cancellation);
            return true;
        }
        catch (HearthException e) when (e.Code is "vm.not-running" or "vm.suspended")
        {
            return false;
        }
    }
}

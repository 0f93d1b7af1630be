using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Units;
using Hearth.Engine.Store;
using Hearth.Protocol.Control;

namespace Hearth.Engine.Client;

/// <summary>Waits until a VM's health check succeeds, across suspensions and restarts.</summary>
public static class HealthyWait
{
    /// <summary>Timers take no more than 49 days.</summary>
    private static readonly TimeSpan s_mostTime = TimeSpan.FromDays(30);

    /// <param name="store">Of the VM.</param>
    /// <param name="vm">One that runs, or is suspended.</param>
    /// <param name="timeout">Null is no bound.</param>
    /// <param name="time">Measures it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="HearthException"><c>health.none</c>, <c>health.ended</c>, <c>health.timeout</c>.</exception>
    public static async Task WaitAsync(VmStore store, VmModel vm, TimeSpan? timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource bound = new(timeout < s_mostTime ? timeout.Value : Timeout.InfiniteTimeSpan, time);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
        try
        {
            while (!await TryWaitAsync(vm, end.Token))
            {
                await ExitWait.WaitWhileSuspendedAsync(store, vm, end.Token);
                vm = RequireLife(store, vm);
            }
        }
        catch (OperationCanceledException) when (bound.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw TimedOut(ExitWait.TryReload(store, vm) ?? vm, timeout!.Value);
        }
        catch (HearthException e) when (e.Code == "vm.not-running")
        {
            throw Ended(ExitWait.TryReload(store, vm) ?? vm, e);
        }
    }

    /// <summary>False when it is suspended.</summary>
    private static async Task<bool> TryWaitAsync(VmModel vm, CancellationToken cancellationToken)
    {
        if (vm.Spec.Health is null)
        {
            throw new HearthException("health.none", $"VM {vm.Name} has no health check.", "Give it one when it is made: --health-cmd, --health-http or --health-tcp.", 1);
        }

        try
        {
            await ControlConnection.CallAsync(vm, new WaitHealthyRequest(), cancellationToken);
            return true;
        }
        catch (HearthException e) when (e.Code == "vm.suspended")
        {
            return false;
        }
    }

    private static VmModel RequireLife(VmStore store, VmModel vm) =>
        ExitWait.TryReload(store, vm) is { IsActive: true } now ? now : throw Ended(ExitWait.TryReload(store, vm) ?? vm, null);

    private static HearthException Ended(VmModel vm, HearthException? inner) => vm.State.Status == VmStatus.Created
        ? new("vm.not-running", $"VM {vm.Name} is not running.", $"Start it with 'hearth start {vm.Name}'.", 1, inner)
        : new("health.ended", $"VM {vm.Name} ended before it was healthy{(vm.State.ExitCode is { } code ? $", with exit code {code}" : "")}.", $"'hearth logs {vm.Name}' may say why.", 1, inner);

    private static HearthException TimedOut(VmModel vm, TimeSpan timeout)
    {
        HealthState health = vm.State.Health ?? new HealthState();
        string last = health.Log.Count > 0 ? $" The last check ended with {health.Log[^1].ExitCode}: {FirstLine(health.Log[^1].Output)}" : "";
        return new HearthException(
            "health.timeout",
            $"VM {vm.Name} is not healthy after {Durations.Write(timeout)}; its health is {Words.Of(health.Status)}.{last}",
            $"'hearth inspect {vm.Name}' shows the last checks, 'hearth logs {vm.Name}' what the container said.",
            1);
    }

    private static string FirstLine(string output)
    {
        string line = output.Trim().Split('\n')[0].Trim();
        return line.Length > 0 ? line : "it said nothing.";
    }
}

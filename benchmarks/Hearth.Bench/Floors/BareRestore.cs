using System.Diagnostics;
using Hearth.Bench.Measurement;
using Hearth.Protocol.Link;

namespace Hearth.Bench.Floors;

/// <summary>
/// The floor of a restore: from before the start of QEMU to the agent's answer. Steps: process started → state loaded →
/// Hello sent → vCPUs run → the agent's Hello with the same epoch.
/// </summary>
internal static class BareRestore
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    /// <summary>Restores one machine and ends it.</summary>
    public static async Task<TimeSpan> MeasureAsync(MachineTemplate template)
    {
        using BareMachine machine = await BareMachine.StartAsync(template);
        await AnswerAsync(machine, template.Frozen!);
        return Stopwatch.GetElapsedTime(machine.Began);
    }

    /// <summary>Restores some at once, all of which live until the last has answered.</summary>
    /// <returns>From before the start of the first to the last answer.</returns>
    public static async Task<TimeSpan> MeasureAsync(MachineTemplate template, int count)
    {
        BareMachineFiles[] files = [.. Enumerable.Range(0, count).Select(_ => new BareMachineFiles(template))];
        long began = Stopwatch.GetTimestamp();
        Task<BareMachine>[] restores = [.. files.Select(own => Task.Run(() => RestoreAsync(template, own)))];
        try
        {
            await Task.WhenAll(restores);
            return Stopwatch.GetElapsedTime(began);
        }
        finally
        {
            foreach (Task<BareMachine> restore in restores.Where(static restore => restore.IsCompletedSuccessfully))
            {
                (await restore).Dispose();
            }
        }
    }

    private static async Task<BareMachine> RestoreAsync(MachineTemplate template, BareMachineFiles files)
    {
        BareMachine machine = await BareMachine.StartAsync(template, files);
        try
        {
            await AnswerAsync(machine, template.Frozen!);
            return machine;
        }
        catch
        {
            machine.Dispose();
            throw;
        }
    }

    private static async Task AnswerAsync(BareMachine machine, FrozenMachine frozen)
    {
        BareMonitor monitor = machine.Monitor ?? throw new BenchException("The bare machine has no monitor to restore it by.");
        await monitor.LoadAsync(frozen.Devices);
        using LinkConnection link = new(machine.Link, isHost: true, "bench: link");
        ulong epoch = (ulong)Random.Shared.NextInt64();
        link.Start(epoch);
        await monitor.ContinueAsync();
        LinkHello hello = await link.PeerHello.WaitAsync(s_limit);
        if (hello.Epoch != epoch)
        {
            throw new BenchException("The agent of a bare restore answered with another epoch.");
        }
    }
}

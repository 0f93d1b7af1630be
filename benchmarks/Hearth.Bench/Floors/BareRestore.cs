using System.Diagnostics;
using Hearth.Bench.Measurement;
using Hearth.Core.Specs;
using Hearth.Protocol;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;

namespace Hearth.Bench.Floors;

/// <summary>
/// The floor of a restore: what the guest and QEMU need when nobody is between them and this program. Steps: process started → state
/// loaded → Hello sent → vCPUs run → the agent's Hello with the same epoch → asked to run <c>echo x</c> in a container → its first byte.
/// </summary>
internal static class BareRestore
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    /// <summary>Restores one machine and ends it.</summary>
    public static Task<RestoreTimes> MeasureAsync(MachineTemplate template) => MeasureAsync(template, 1);

    /// <summary>Restores some at once, all of which live until the last is done.</summary>
    public static async Task<RestoreTimes> MeasureAsync(MachineTemplate template, int count)
    {
        BareMachineFiles[] files = [.. Enumerable.Range(0, count).Select(_ => new BareMachineFiles(template))];
        long began = Stopwatch.GetTimestamp();
        Task<(BareMachine Machine, RestoreTimes Times)>[] restores = [.. files.Select(own => Task.Run(() => RestoreAsync(template, own, began)))];
        try
        {
            (BareMachine Machine, RestoreTimes Times)[] done = await Task.WhenAll(restores);
            return new RestoreTimes(done.Max(static d => d.Times.Answer), done.Max(static d => d.Times.Output));
        }
        finally
        {
            foreach (Task<(BareMachine Machine, RestoreTimes Times)> restore in restores.Where(static restore => restore.IsCompletedSuccessfully))
            {
                (await restore).Machine.Dispose();
            }
        }
    }

    private static async Task<(BareMachine Machine, RestoreTimes Times)> RestoreAsync(MachineTemplate template, BareMachineFiles files, long began)
    {
        BareMachine machine = await BareMachine.StartAsync(template, files);
        try
        {
            return (machine, await WorkAsync(machine, template.Frozen!, began));
        }
        catch
        {
            machine.Dispose();
            throw;
        }
    }

    private static async Task<RestoreTimes> WorkAsync(BareMachine machine, FrozenMachine frozen, long began)
    {
        BareMonitor monitor = machine.Monitor ?? throw new BenchException("The bare machine has no monitor to restore it by.");
        await monitor.LoadAsync(frozen.Devices);
        using LinkConnection link = new(machine.Link, isHost: true, "bench: link");
        ulong epoch = (ulong)Random.Shared.NextInt64();
        link.Start(epoch);
        await monitor.ContinueAsync();
        LinkHello hello = await link.PeerHello.WaitAsync(s_limit);
        TimeSpan answer = Stopwatch.GetElapsedTime(began);
        if (hello.Epoch != epoch)
        {
            throw new BenchException("The agent of a bare restore answered with another epoch.");
        }

        await RunAsync(link).WaitAsync(s_limit);
        return new RestoreTimes(answer, Stopwatch.GetElapsedTime(began));
    }

    /// <summary>Has the agent run the command that the subjects run; returns with its first byte.</summary>
    private static async Task RunAsync(LinkConnection link)
    {
        long now = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        GuestConfiguration configuration = new(now, new byte[64], "bare", new string('0', 32), "squashfs", [], ["127.0.0.1\tlocalhost"]);
        ContainerSpec container = new() { Hostname = "bare", Process = new ProcessSpec { Args = ["echo", "x"] } };
        LinkStream stream = link.Connect(AgentPorts.Service);
        using FrameWriter writer = new(stream);
        await writer.WriteJsonAsync(FrameType.Request, new RunRequest(configuration, container), ProtocolJson.Default.AgentRequest, CancellationToken.None);
        FrameReader reader = new(stream);
        while (await reader.ReadAsync(CancellationToken.None) is { } frame)
        {
            switch (frame.Type)
            {
                case FrameType.Stdout:
                    return;
                case FrameType.Error:
                    throw new BenchException($"The agent of a bare restore refused: {System.Text.Encoding.UTF8.GetString(frame.Payload.Span)}");
                default:
                    break;
            }
        }

        throw new BenchException("The agent of a bare restore gave no output.");
    }
}

using System.Diagnostics;
using Hearth.Protocol;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;

namespace Hearth.Bench.Floors;

/// <summary>The floor of a boot: from before the start of QEMU to the agent's first event.</summary>
internal static class BareBoot
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);

    public static async Task<TimeSpan> MeasureAsync(MachineTemplate template)
    {
        using BareMachine machine = await BareMachine.StartAsync(template);
        using LinkConnection link = new(machine.Link, isHost: true, "bench: link");
        TaskCompletionSource<LinkStream> opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        link.Listen(AgentPorts.Events, stream => opened.TrySetResult(stream));
        link.Start((ulong)Random.Shared.NextInt64());
        FrameReader reader = new(await opened.Task.WaitAsync(s_limit));
        Frame? frame = await reader.ReadAsync(CancellationToken.None);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(machine.Began);
        _ = FrameReader.Parse(frame?.Payload ?? default, ProtocolJson.Default.AgentReady);
        return elapsed;
    }
}

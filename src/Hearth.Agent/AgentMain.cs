using Hearth.Agent.Boot;
using Hearth.Agent.Containers;
using Hearth.Agent.Processes;
using Hearth.Agent.Service;
using Hearth.Agent.Threads;
using Hearth.Protocol;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;

namespace Hearth.Agent;

// Theory of operation
//
// 1. EarlyBoot mounts what the kernel provides and loads the drivers. Nothing here needs the host.
// 2. The link starts: Hello, then AgentReady on a stream that the agent opens.
// 3. Every stream to the service port carries one request and is served by a thread of its own from WorkerThreads.
// 4. The link's end is the agent's end: without a supervisor nobody can reach the container or stop the machine.
//
// Threads: the main thread waits for the link's end; the link's reader; the reaper; one worker per open request, and one
// more for the input of each running process. No thread pool work is on the path of a request.

/// <summary>The agent's life from boot to power-off.</summary>
internal static class AgentMain
{
    public static int Run()
    {
        StageTimes stages = StageTimes.SinceBoot();
        stages.Mark("kernel");
        EarlyBoot.Run(stages);
        Stream port = LinkPort.Open();
        stages.Mark("port");

        Reaper reaper = new();
        reaper.Start();
        GuestState guest = new(reaper);
        AgentService service = new(guest);
        using LinkConnection link = new(port, isHost: false, "hearth: link");
        link.Listen(AgentPorts.Service, stream => WorkerThreads.Run(() => service.Serve(stream)));
        link.Restored = guest.MarkRestored;
        link.Start((ulong)Random.Shared.NextInt64());
        SendReady(link, stages);
        guest.MountDisk();
        WorkerThreads.Warm(WorkerThreads.MaxIdle);
        link.Ended.GetAwaiter().GetResult();
        GuestConsole.Say($"hearth-agent: the link to the supervisor has ended ({link.Failure?.Message}); powering off.");
        return PowerSwitch.Off();
    }

    private static void SendReady(LinkConnection link, StageTimes stages)
    {
        stages.Mark("ready");
        string release = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        string version = typeof(AgentMain).Assembly.GetName().Version?.ToString(3) ?? "";
        LinkStream events = link.Connect(AgentPorts.Events);
        FrameWriter writer = new(events);
        Blocking.Wait(writer.WriteJsonAsync(FrameType.Event, new AgentReady(version, release, stages.ToDictionary()), ProtocolJson.Default.AgentReady, CancellationToken.None));
    }
}

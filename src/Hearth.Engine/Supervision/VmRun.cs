using System.Diagnostics;
using System.Security.Cryptography;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Protocol;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;
using Hearth.Vmm;

namespace Hearth.Engine.Supervision;

/// <summary>
/// One boot of a VM, from the VMM's start to its end. Steps, each an acknowledged event: VMM started → agent there (its
/// Hello) → configured (reply) and ready (its first event) → container started (Started) → container ended (Exit) → power off (VMM gone).
/// </summary>
internal sealed class VmRun : IAsyncDisposable
{
    /// <summary>A boot takes 2 to 3 s under emulation; a host that is busy with many takes long, but not this long.</summary>
    private static readonly TimeSpan s_bootTimeout = TimeSpan.FromMinutes(4);

    /// <summary>Unmounting and syncing what the guest wrote.</summary>
    private static readonly TimeSpan s_powerOffTimeout = TimeSpan.FromSeconds(30);

    private readonly VmSpec _spec;
    private readonly string _consoleLog;
    private readonly IVmInstance _instance;
    private readonly LinkConnection _link;
    private readonly TaskCompletionSource<AgentReady> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _hasEvents;

    private VmRun(VmSpec spec, string consoleLog, IVmInstance instance)
    {
        _spec = spec;
        _consoleLog = consoleLog;
        _instance = instance;
        _link = new LinkConnection(instance.Link, isHost: true, "hearth: link");
        _link.Listen(AgentPorts.Events, OnEventStream);
        Agent = new AgentClient(_link);
    }

    public AgentClient Agent { get; }

    public IVmInstance Instance => _instance;

    /// <summary>Starts the VMM.</summary>
    public static async Task<VmRun> StartAsync(IVmEngine engine, VmSpec spec, VmLaunch launch, CancellationToken cancellationToken)
    {
        IVmInstance instance = await engine.StartAsync(launch, cancellationToken);
        VmRun run = new(spec, launch.ConsoleLogPath, instance);
        run._link.Start(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)));
        return run;
    }

    /// <summary>Waits for the agent and prepares the guest.</summary>
    /// <returns>Milliseconds by stage.</returns>
    /// <exception cref="HearthException"><c>guest.panic</c>, <c>guest.no-answer</c>.</exception>
    public async Task<IReadOnlyDictionary<string, double>> BootAsync(string rootFileSystem, TimeProvider time, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        await WaitForAsync(_link.PeerHello, cancellationToken);
        double booted = Stopwatch.GetElapsedTime(start).TotalMilliseconds;

        // The agent takes requests from its Hello on: what it says of itself need not be waited for first.
        long configuring = Stopwatch.GetTimestamp();
        Task<byte[]> configured = Guarded(Agent.CallAsync(GuestConfiguration.Build(_spec, rootFileSystem, time), cancellationToken));
        await Task.WhenAll(configured, WaitForAsync(_ready.Task, cancellationToken));
        AgentReady ready = await _ready.Task;
        Dictionary<string, double> stages = new() { ["boot"] = booted, ["configure"] = Stopwatch.GetElapsedTime(configuring).TotalMilliseconds };
        foreach ((string stage, double milliseconds) in ready.Stages)
        {
            stages[$"guest.{stage}"] = milliseconds;
        }

        return stages;
    }

    /// <summary>Opens the session that starts the container and carries its streams.</summary>
    public Task<AgentSession> OpenContainerAsync(CancellationToken cancellationToken) =>
        Agent.OpenAsync(new RunRequest(_spec.Container), cancellationToken);

    /// <summary>Passes output on until the container has ended.</summary>
    /// <exception cref="HearthException">It could not be started, or the VM ended under it.</exception>
    public async Task<ExitMessage> FollowAsync(AgentSession session, OutputHub output, Func<StartedMessage, Task> started, CancellationToken cancellationToken)
    {
        try
        {
            while (await session.Reader.ReadAsync(cancellationToken) is { } frame)
            {
                switch (frame.Type)
                {
                    case FrameType.Stdout or FrameType.Stderr:
                        await output.WriteOutputAsync(frame, cancellationToken);
                        break;
                    case FrameType.Started:
                        await started(FrameReader.Parse(frame.Payload, ProtocolJson.Default.StartedMessage));
                        break;
                    case FrameType.Exit:
                        return FrameReader.Parse(frame.Payload, ProtocolJson.Default.ExitMessage);
                    case FrameType.Error:
                        throw Client.ControlConnection.ToException(frame.Payload);
                    default:
                        throw new InvalidDataException($"The agent sent {frame.Type} in a container's session.");
                }
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw await DescribeEndAsync("The VM ended under its container");
        }

        throw await DescribeEndAsync("The VM's agent closed the container's session");
    }

    /// <summary>Has the guest unmount and power off, and waits for the VMM's end; kills it when that takes too long.</summary>
    public async Task PowerOffAsync()
    {
        try
        {
            await Agent.CallAsync(new PowerOffRequest(), CancellationToken.None);
            await _instance.Exited.WaitAsync(s_powerOffTimeout);
        }
        catch (Exception e) when (e is HearthException or TimeoutException)
        {
            // It is gone already, or it hangs: either way the VMM is ended below.
        }

        await _instance.KillAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _instance.DisposeAsync();
        _link.Dispose();
    }

    /// <summary>Waits for an event of the boot, or says why it will not come.</summary>
    private async Task WaitForAsync(Task bootEvent, CancellationToken cancellationToken)
    {
        try
        {
            Task first = await Task.WhenAny(bootEvent, _instance.Exited).WaitAsync(s_bootTimeout, cancellationToken);
            if (first != bootEvent || !bootEvent.IsCompletedSuccessfully)
            {
                throw await DescribeEndAsync("The guest ended before its agent answered");
            }
        }
        catch (TimeoutException)
        {
            throw GuestFailure.Describe(_consoleLog, null, $"The guest's agent did not answer within {s_bootTimeout.TotalSeconds:0} s");
        }
    }

    private async Task<byte[]> Guarded(Task<byte[]> call)
    {
        try
        {
            return await call;
        }
        catch (HearthException e) when (e.Code == "guest.gone")
        {
            throw await DescribeEndAsync("The guest ended while it was being prepared");
        }
    }

    private async Task<HearthException> DescribeEndAsync(string what)
    {
        // The link's end and the process's end are two events of one death; wait for the one that says how.
        TimeSpan grace = TimeSpan.FromSeconds(10);
        VmmExit? exit = null;
        try
        {
            exit = await _instance.Exited.WaitAsync(grace);
        }
        catch (TimeoutException)
        {
            // The VMM lives without its agent's link.
        }

        return GuestFailure.Describe(_consoleLog, exit, what);
    }

    /// <summary>There is one stream of events; a guest that opens more gets no second reader.</summary>
    private void OnEventStream(LinkStream stream)
    {
        if (Interlocked.Exchange(ref _hasEvents, 1) == 0)
        {
            _ = ReadEventsAsync(stream);
        }
    }

    private async Task ReadEventsAsync(LinkStream stream)
    {
        try
        {
            FrameReader reader = new(stream);
            while (await reader.ReadAsync(CancellationToken.None) is { } frame)
            {
                if (frame.Type == FrameType.Event)
                {
                    _ready.TrySetResult(FrameReader.Parse(frame.Payload, ProtocolJson.Default.AgentReady));
                }
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            // The link's end shows everywhere else; an event that makes no sense is a guest that is not ready.
        }
        finally
        {
            await stream.DisposeAsync();
        }
    }
}

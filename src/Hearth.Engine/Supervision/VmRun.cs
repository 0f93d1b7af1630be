using Hearth.Core.Errors;
using Hearth.Core.Hashing;
using Hearth.Core.Specs;
using Hearth.Engine.Failpoints;
using Hearth.Protocol;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;
using Hearth.Vmm;

namespace Hearth.Engine.Supervision;

/// <summary>
/// One run of a guest, from the VMM's start to its end. Steps of a boot, each an acknowledged event: VMM started → agent
/// there (its Hello) and ready (its first event) → configured and container started (Started) → container ended (Exit)
/// → power off (VMM gone). Steps of a restore: state loaded → vCPUs run → agent there (Hello with this restore's epoch) →
/// configured and container started, or taken over (Started).
/// </summary>
internal sealed class VmRun : IAsyncDisposable
{
    /// <summary>A boot takes 2 to 3 s under emulation; a host that is busy with many takes long, but not this long.</summary>
    private static readonly TimeSpan s_bootTimeout = TimeSpan.FromMinutes(4);

    /// <summary>Unmounting and syncing what the guest wrote.</summary>
    private static readonly TimeSpan s_powerOffTimeout = TimeSpan.FromSeconds(30);

    /// <summary>A restore takes 100 ms under emulation; a host that starts a hundred at once takes long.</summary>
    private static readonly TimeSpan s_restoreTimeout = TimeSpan.FromMinutes(1);

    /// <summary>The guest answers between two frames; one that runs does so in milliseconds.</summary>
    private static readonly TimeSpan s_freezeTimeout = TimeSpan.FromSeconds(30);

    private readonly string _consoleLog;
    private readonly IVmInstance _instance;
    private readonly LinkConnection _link;
    private readonly TaskCompletionSource<AgentReady> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ulong _epoch = BitConverter.ToUInt64(SystemRandom.GetBytes(8));
    private int _hasEvents;

    private VmRun(VmLaunch launch, IVmInstance instance)
    {
        _consoleLog = launch.ConsoleLogPath;
        KernelDigest = Path.GetFileName(Path.GetDirectoryName(launch.KernelPath))!;
        _instance = instance;
        _link = new LinkConnection(instance.Link, isHost: true, "hearth: link");
        _link.Listen(AgentPorts.Events, OnEventStream);
        Agent = new AgentClient(_link);
    }

    public AgentClient Agent { get; }

    public IVmInstance Instance => _instance;

    /// <summary>Kernels lie in directories named after their digests.</summary>
    public string KernelDigest { get; }

    /// <summary>Starts the VMM; a saved state is loaded, and stands still.</summary>
    public static async Task<VmRun> StartAsync(IVmEngine engine, VmLaunch launch, CancellationToken cancellationToken)
    {
        IVmInstance instance = await engine.StartAsync(launch, cancellationToken);
        VmRun run = new(launch, instance);
        run._link.Start(run._epoch);
        return run;
    }

    /// <summary>Waits for the agent of a guest that boots.</summary>
    /// <returns>Milliseconds of guest uptime by stage.</returns>
    /// <exception cref="HearthException"><c>guest.panic</c>, <c>guest.no-answer</c>.</exception>
    public async Task<IReadOnlyDictionary<string, double>> BootAsync(CancellationToken cancellationToken)
    {
        await WaitForAsync(_link.PeerHello, s_bootTimeout, cancellationToken);
        await WaitForAsync(_ready.Task, s_bootTimeout, cancellationToken);
        return (await _ready.Task).Stages;
    }

    /// <summary>Waits for the agent's Hello only: it takes requests from then on, and what it says of itself can wait.</summary>
    public Task WaitForAgentAsync(CancellationToken cancellationToken) => WaitForAsync(_link.PeerHello, s_bootTimeout, cancellationToken);

    /// <summary>Lets a restored guest run and waits until its agent knows that it was restored.</summary>
    /// <exception cref="HearthException"><c>guest.no-answer</c>.</exception>
    public async Task ResumeRestoredAsync(CancellationToken cancellationToken)
    {
        await _instance.ResumeAsync(cancellationToken);
        await Failpoint.ReachAsync(ChainSteps.RestoreRuns, _instance);
        await WaitForAsync(_link.PeerHello, s_restoreTimeout, cancellationToken);
        if ((await _link.PeerHello).Epoch != _epoch)
        {
            throw new HearthException("guest.protocol", "The restored guest's agent answered with another epoch.", "The saved state was not one that was frozen.");
        }
    }

    /// <summary>Has the guest do ahead what does not depend on a command.</summary>
    public async Task PrepareAsync(PrepareRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await Agent.CallAsync(request, cancellationToken);
        }
        catch (HearthException e) when (e.Code == "guest.gone")
        {
            throw await DescribeEndAsync("The guest ended while it was being prepared");
        }
    }

    /// <summary>
    /// Runs a program that does nothing, in the guest itself. The agent's code has then been through its first time, which is
    /// several times slower than the next: types are loaded, calls bound, memory is there. All that is saved with the guest.
    /// </summary>
    public async Task RehearseAsync(CancellationToken cancellationToken)
    {
        using AgentSession session = await Agent.OpenAsync(new GuestExecRequest(new ProcessSpec { Args = ["/bin/busybox", "true"] }, InVm: true), cancellationToken);
        while (await session.Reader.ReadAsync(cancellationToken) is { Type: not FrameType.Exit })
        {
        }
    }

    /// <summary>Has the guest go through a container's start to its end, with a program of its own, and stand ready for the next.</summary>
    public async Task RehearseAsync(RunRequest request, CancellationToken cancellationToken)
    {
        using AgentSession session = await Agent.OpenAsync(new RehearseRequest(request), cancellationToken);
        while (await session.Reader.ReadAsync(cancellationToken) is not null)
        {
        }
    }

    /// <summary>Makes the disk's file system clean and holds its writers, or lets them go on.</summary>
    public async Task FreezeDiskAsync(bool frozen, CancellationToken cancellationToken) => await Agent.CallAsync(new FreezeDiskRequest(frozen), cancellationToken);

    /// <summary>Silences the link, so that the guest can be saved. <see cref="Thaw"/> is to be called whatever happens.</summary>
    /// <exception cref="HearthException"><c>guest.no-answer</c>.</exception>
    public async Task FreezeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Run(_link.FreezeAsync, cancellationToken).WaitAsync(s_freezeTimeout, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new HearthException("guest.no-answer", $"The VM's agent did not fall silent within {s_freezeTimeout.TotalSeconds:0} s.", "The guest may be stuck; 'hearth kill' ends it.", inner: e);
        }
        catch (LinkException e)
        {
            throw new HearthException("guest.gone", "The VM ended while it was being frozen.", null, inner: e);
        }
    }

    /// <summary>A guest that has seen its link end is on its way down, and so would its copies be.</summary>
    /// <exception cref="HearthException"><c>guest.gone</c>.</exception>
    public void RequireLink()
    {
        if (_link.Ended.IsCompleted)
        {
            throw new HearthException("guest.gone", "The VM ended while it was being frozen.", null, inner: _link.Failure);
        }
    }

    public void Thaw()
    {
        try
        {
            _link.Thaw();
        }
        catch (LinkException)
        {
            // The VM is gone; its end is told elsewhere.
        }
    }

    /// <summary>Opens the session that starts the container, or goes on with that of a restored guest, and carries its streams.</summary>
    public Task<AgentSession> OpenSessionAsync(AgentRequest request, CancellationToken cancellationToken) => Agent.OpenAsync(request, cancellationToken);

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
    /// <returns>Whether the guest went that way.</returns>
    public async Task<bool> PowerOffAsync()
    {
        bool clean;
        try
        {
            await Agent.CallAsync(new PowerOffRequest(), CancellationToken.None);
            await _instance.Exited.WaitAsync(s_powerOffTimeout);
            clean = true;
        }
        catch (Exception e) when (e is HearthException or TimeoutException)
        {
            // It is gone already, or it hangs: either way the VMM is ended below.
            clean = false;
        }

        await _instance.KillAsync();
        return clean;
    }

    public async ValueTask DisposeAsync()
    {
        await _instance.DisposeAsync();
        _link.Dispose();
    }

    /// <summary>Waits for an event of the boot, or says why it will not come.</summary>
    private async Task WaitForAsync(Task bootEvent, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            Task first = await Task.WhenAny(bootEvent, _instance.Exited).WaitAsync(timeout, cancellationToken);
            if (first != bootEvent || !bootEvent.IsCompletedSuccessfully)
            {
                throw await DescribeEndAsync("The guest ended before its agent answered");
            }
        }
        catch (TimeoutException)
        {
            throw GuestFailure.Describe(_consoleLog, null, $"The guest's agent did not answer within {timeout.TotalSeconds:0} s");
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

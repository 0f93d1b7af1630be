using Hearth.Core.Specs;
using Hearth.Engine.Pools;
using Hearth.Engine.Store;
using Hearth.Linux.Processes;
using Hearth.Protocol;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Engine.Supervision;

/// <content>A VM whose guest was there before it.</content>
public sealed partial class Supervisor
{
    /// <summary>A replacement starts with the first output, or this long after the container when that says nothing.</summary>
    private static readonly TimeSpan s_refillTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Makes a spare the VM that it was taken for. The caller holds the VM's lock and serves its control socket.</summary>
    /// <param name="home">The home.</param>
    /// <param name="vm">As its new owner wrote it.</param>
    /// <param name="ready">A guest from the template of the VM's shape, whose vCPUs run. Belongs to the supervisor from here on.</param>
    /// <param name="foreground">The container waits for its owner to attach.</param>
    internal static Supervisor TakeOver(HearthHome home, VmModel vm, StartedGuest ready, bool foreground)
    {
        Supervisor supervisor = new(home, vm, foreground) { _ready = ready };
        supervisor.SetState(_ => new VmState
        {
            Status = VmStatus.Starting,
            Supervisor = ProcessTable.Self,
            Vmm = ready.Run.Instance.Process,
            Engine = ready.Run.Instance.Description,
            Cgroup = string.Join(':', ready.Run.Instance.Cgroups),
        });
        return supervisor;
    }

    /// <summary>Runs the VM to its end, and has the pool filled again meanwhile.</summary>
    internal async Task LiveAsSpareAsync(string pool)
    {
        _refilling = RefillAsync(pool);
        await LiveAsync();
        await WaitForStarterAsync();
    }

    /// <summary>Follows the connection of the client that took the spare: it is the life line. Returns when the VM has ended, or when that client let go or is gone.</summary>
    internal async Task FollowOwnerAsync(FrameReader reader)
    {
        Task<bool> letGo = ReadLetGoAsync(reader);
        if (await Task.WhenAny(letGo, _final.Task) == letGo)
        {
            _starterTold.TrySetResult();
            if (await letGo)
            {
                FirstStart.Done(_vm);
            }
            else
            {
                End(StopReason.ClientDied);
            }
        }
    }

    /// <summary>False when the connection ended first.</summary>
    private static async Task<bool> ReadLetGoAsync(FrameReader reader)
    {
        try
        {
            return await reader.ReadAsync(CancellationToken.None) is { Type: FrameType.Request } frame
                && FrameReader.Parse(frame.Payload, ProtocolJson.Default.ControlRequest) is LetGoRequest;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>After the container's first output, so that it does not pay for it: making a guest ready takes a CPU for a second.</summary>
    private async Task RefillAsync(string pool)
    {
        Task spoken = Task.WhenAny(_output.First, _final.Task);
        await Task.WhenAny(_progress.Started.Task, _final.Task);
        try
        {
            await spoken.WaitAsync(s_refillTimeout);
        }
        catch (TimeoutException)
        {
            // A container that says nothing.
        }

        await SpareLauncher.TryStartAsync(_paths, pool);
    }
}

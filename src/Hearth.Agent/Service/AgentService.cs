using Hearth.Agent.Boot;
using Hearth.Agent.Containers;
using Hearth.Agent.Copying;
using Hearth.Agent.Dialing;
using Hearth.Agent.Processes;
using Hearth.Agent.Statistics;
using Hearth.Core.Errors;
using Hearth.Linux.Guest;
using Hearth.Linux.Mounts;
using Hearth.Protocol;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;

namespace Hearth.Agent.Service;

/// <summary>Serves one request per stream, on the thread it is called on.</summary>
internal sealed class AgentService(GuestState guest)
{
    /// <summary>A copy ends when its stream does, with the file it is at: one write and a close.</summary>
    private static readonly TimeSpan s_copyEndBound = TimeSpan.FromSeconds(5);

    private readonly CopiesUnderWay _copies = new();

    public void Serve(LinkStream stream)
    {
        StageTimes stages = StageTimes.SinceNow();
        using RequestStream session = new(stream);
        try
        {
            try
            {
                if (session.Read() is { Type: FrameType.Request } frame)
                {
                    Answer(stream, session, FrameReader.Parse(frame.Payload, ProtocolJson.Default.AgentRequest), stages);
                }
            }
            catch (HearthException e)
            {
                session.Fail(new ErrorMessage(e.Code, e.Message, e.Hint, e.ExitCode));
            }
#pragma warning disable CA1031 // The request's root: the host is told.
            catch (Exception e) when (e is not LinkException)
#pragma warning restore CA1031
            {
                session.Fail(new ErrorMessage("agent.failed", $"The agent could not do it: {e.Message}"));
            }

            session.CloseWrite();
        }
        catch (Exception e) when (e is LinkException or IOException or ObjectDisposedException)
        {
            // The host has gone away from this stream: there is nobody left to answer.
        }
    }

    private void Answer(LinkStream stream, RequestStream session, AgentRequest request, StageTimes stages)
    {
        switch (request)
        {
            case MountRootRequest mount:
                GuestKernel.SetClock(mount.UnixTimeNanoseconds);
                guest.MountRoot(mount.RootFileSystem);
                session.Acknowledge();
                break;
            case PrepareRequest prepare:
                guest.Prepare(prepare);
                session.Acknowledge();
                break;
            case RunRequest run:
                RunContainer(session, run, stages);
                break;
            case RehearseRequest rehearse:
                Rehearse(session, rehearse.Run, stages);
                break;
            case ReattachRequest reattach:
                guest.Configure(reattach.Configuration);
                guest.RequireChannel().Adopt(session);
                break;
            case GuestExecRequest exec:
                ProcessSession.Run(new SessionChannel(session, outlives: false), guest.Reaper, exec.InVm ? new GuestExec(exec.Process) : new ContainerExec(guest.RequireContainer(), exec.Process), stages, exec.Bound);
                break;
            case DialRequest dial:
                DialSession.Run(stream, session, dial);
                break;
            case GuestSignalRequest signal:
                guest.RequireContainer().Signal(signal.Signal, signal.All);
                session.Acknowledge();
                break;
            case GuestTopRequest:
                session.Write(FrameType.Reply, ContainerProcesses.List(guest.RequireContainer()), ProtocolJson.Default.TopReply);
                break;
            case GuestStatsRequest:
                session.Write(FrameType.Reply, ContainerCounters.Read(), ProtocolJson.Default.StatsReply);
                break;
            case GuestCopyOutRequest copy:
                _copies.Run(stream, () => CopySession.CopyOut(session, guest.RequirePlace(copy.AtRest), copy));
                break;
            case GuestCopyInRequest copy:
                _copies.Run(stream, () => CopySession.CopyIn(session, guest.RequirePlace(copy.AtRest), copy));
                break;
            case SetTimeRequest time:
                GuestKernel.SetClock(time.UnixTimeNanoseconds);
                session.Acknowledge();
                break;
            case ChangeNetworkRequest network:
                GuestState.Change(network);
                session.Acknowledge();
                break;
            case FreezeDiskRequest disk:
                FileSystems.Freeze(GuestPaths.Disk, disk.Frozen);
                session.Acknowledge();
                break;
            case HoldSharesRequest shares:
                guest.Shares.Hold(shares.Held);
                session.Acknowledge();
                break;
            case PowerOffRequest:
                session.Acknowledge();
                session.CloseWrite();
                _ = _copies.CutOff(s_copyEndBound);
                PowerSwitch.Off();
                break;
            default:
                throw new HearthException("agent.unknown-request", $"The agent does not know the request {request.GetType().Name}.");
        }
    }

    private void Rehearse(RequestStream session, RunRequest run, StageTimes stages)
    {
        guest.Configure(run.Configuration);
        stages.Mark("configured");
        SessionChannel channel = new(session, outlives: true);
        try
        {
            ProcessSession.Run(channel, guest.Reaper, new ContainerStart(guest, run.Container, [], rehearsal: true), stages);
        }
        finally
        {
            channel.End();
            guest.ParkAnother(run.Container.Process.User);
        }
    }

    private void RunContainer(RequestStream session, RunRequest run, StageTimes stages)
    {
        guest.Configure(run.Configuration);
        stages.Mark("configured");
        SessionChannel channel = new(session, outlives: true);
        guest.SetChannel(channel);
        try
        {
            ProcessSession.Run(channel, guest.Reaper, new ContainerStart(guest, run.Container, run.Shares ?? []), stages);
        }
        finally
        {
            channel.End();
        }
    }
}

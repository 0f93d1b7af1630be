using Hearth.Agent.Boot;
using Hearth.Agent.Threads;
using Hearth.Core.Naming;
using Hearth.Linux;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;
using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;

namespace Hearth.Agent.Processes;

/// <summary>
/// One process and its stream: Started, output, Exit one way; input, sizes and signals the other. Input that the process
/// does not read stops its own stream once the window is full, Resize and Signal frames behind it included: a signal that
/// must arrive goes by a request of its own.
/// </summary>
internal static class ProcessSession
{
    public static void Run(SessionChannel session, Reaper reaper, ILaunch launch, StageTimes stages, bool isBound = false)
    {
        using StandardStreams streams = launch.OpenStreams();
        RunningProcess process = launch.Launch(reaper, streams);
        streams.CloseChildEnds();
        stages.Mark("started");
        session.WriteStarted(new StartedMessage(process.Pid, stages.ToDictionary()));
        WorkerThreads.Run(() =>
        {
            ReadInput(session, streams, process);
            if (isBound)
            {
                KillGroup(process);
            }
        });
        new OutputPump(session, streams, process.Handle).Run();
        ChildStatus status = process.Exit.GetAwaiter().GetResult();
        stages.Mark("ended");
        bool oom = launch.Ended(status);
        if (!launch.KeepsHandle)
        {
            process.Handle.Dispose();
        }

        session.WriteExit(new ExitMessage(status.ExitCode, status.Signal, oom, stages.ToDictionary()));
    }

    /// <summary>Runs until the stream ends, from either side.</summary>
    private static void ReadInput(SessionChannel session, StandardStreams streams, RunningProcess process)
    {
        bool open = true;
        try
        {
            while (session.Read() is { } frame)
            {
                switch (frame.Type)
                {
                    case FrameType.Stdin when open && streams.Input is not null:
                        open = TryWrite(streams.Input, frame.Payload.Span);
                        break;
                    case FrameType.StdinEof when open && streams.Terminal is null:
                        open = false;
                        streams.Input?.Dispose();
                        break;
                    case FrameType.Resize when streams.Terminal is not null:
                        (int rows, int columns) = Frame.ReadResize(frame.Payload.Span);
                        streams.Terminal.Resize(rows, columns);
                        break;
                    case FrameType.Signal when frame.Payload.Length == 1 && !process.Exit.IsCompleted:
                        Children.Signal(process.Pid, frame.Payload.Span[0]);
                        break;
                    default:
                        break;
                }
            }
        }
        catch (Exception e) when (e is LinkException or IOException or ObjectDisposedException or InvalidDataException)
        {
            // The stream is over; the process goes on without input.
        }
    }

    /// <summary>Nobody waits for the process any more. It leads a session of its own (setsid), and so a group of its number.</summary>
    private static void KillGroup(RunningProcess process)
    {
        try
        {
            if (!process.Exit.IsCompleted)
            {
                Children.Signal(-process.Pid, SignalName.Kill);
            }
        }
        catch (ErrnoException)
        {
            // A group of which nothing may be signalled is one of dead processes.
        }
    }

    /// <summary>False when the process has closed its input.</summary>
    private static bool TryWrite(DescriptorStream input, ReadOnlySpan<byte> bytes)
    {
        try
        {
            input.Write(bytes);
            return true;
        }
        catch (Exception e) when (e is ErrnoException or ObjectDisposedException)
        {
            return false;
        }
    }
}

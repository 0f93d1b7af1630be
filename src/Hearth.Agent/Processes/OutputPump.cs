using System.Buffers;
using Hearth.Agent.Service;
using Hearth.Linux.Files;
using Hearth.Protocol.Frames;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Agent.Processes;

/// <summary>
/// Sends a process' output as it comes until it has ended and what it left in the pipes is sent. Output that stays open
/// after that, in the hands of its background children, is not waited for, as in Docker; a terminal is read to its end,
/// because the kernel hangs it up when the session's leader ends. Sending waits for the host's credit, and so does the process.
/// </summary>
/// <remarks>
/// What one read brings goes out frame by frame where it stands, each header over bytes that were sent before. Reads are
/// large because every change between the process and the agent flushes the emulated TLB. splice(2) from the pipe to the port
/// was tried once, and was no faster.
/// </remarks>
internal sealed class OutputPump(SessionChannel session, StandardStreams streams, SafeFileHandle process)
{
    /// <summary>Most bytes of one read: with the pipe's size (<see cref="StandardPipes"/>) the best of those tried.</summary>
    private const int ReadBytes = 8 * Frame.ChunkBytes;

    public void Run()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(RequestStream.HeaderBytes + ReadBytes);
        try
        {
            DescriptorStream? output = streams.Output;
            DescriptorStream? error = streams.Error;
            bool ended = false;
            while (!ended || output is not null || error is not null)
            {
                bool wait = !ended || streams.Terminal is not null;
                Readiness ready = Readiness.Wait(output?.Handle, error?.Handle, ended ? null : process, wait);
                output = ready.First ? Pass(output!, FrameType.Stdout, buffer) : ended && wait is false ? null : output;
                error = ready.Second ? Pass(error!, FrameType.Stderr, buffer) : ended && wait is false ? null : error;
                ended |= ready.Third;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Sends one read's worth; null at the end.</summary>
    private DescriptorStream? Pass(DescriptorStream source, FrameType type, byte[] buffer)
    {
        int got = source.TryRead(buffer.AsSpan(RequestStream.HeaderBytes, ReadBytes));
        for (int sent = 0; sent < got; sent += Frame.ChunkBytes)
        {
            session.WriteInPlace(type, buffer, RequestStream.HeaderBytes + sent, Math.Min(got - sent, Frame.ChunkBytes));
        }

        return got > 0 || got == -11 ? source : null; // EAGAIN: somebody else took it; 0 and -EIO are the end.
    }
}

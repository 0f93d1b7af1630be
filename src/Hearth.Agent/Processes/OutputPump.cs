using System.Buffers;
using Hearth.Linux.Files;
using Hearth.Protocol.Frames;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Agent.Processes;

/// <summary>
/// Sends a process' output as it comes until it has ended and what it left in the pipes is sent. Output that stays open
/// after that, in the hands of its background children, is not waited for, as in Docker; a terminal is read to its end,
/// because the kernel hangs it up when the session's leader ends. Sending waits for the host's credit, and so does the process.
/// </summary>
internal sealed class OutputPump(SessionChannel session, StandardStreams streams, SafeFileHandle process)
{
    public void Run()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Frame.HeaderBytes + Frame.ChunkBytes);
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
        int got = source.TryRead(buffer.AsSpan(Frame.HeaderBytes, Frame.ChunkBytes));
        if (got > 0)
        {
            session.WriteInPlace(type, buffer, got);
            return source;
        }

        return got == -11 ? source : null; // EAGAIN: somebody else took it; 0 and -EIO are the end.
    }
}

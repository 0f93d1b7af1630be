using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Agent.Processes;

/// <summary>Both ends of three pipes for a process' standard streams. A child copies descriptors when it is made, so they are there before it.</summary>
internal sealed class StandardPipes : IDisposable
{
    /// <summary>
    /// What a process may write before it has to wait: the most that pipe(7) gives by default. It is filled and emptied in turns,
    /// so that a sixteenth of the ordinary size means sixteen times the context switches.
    /// </summary>
    private const int PipeBytes = 1 << 20;

    public StandardPipes()
    {
        (ChildInput, Input) = Descriptors.Pipe();
        (Output, ChildOutput) = OutputPipe();
        (Error, ChildError) = OutputPipe();
    }

    public SafeFileHandle Input { get; }

    public SafeFileHandle Output { get; }

    public SafeFileHandle Error { get; }

    public SafeFileHandle ChildInput { get; }

    public SafeFileHandle ChildOutput { get; }

    public SafeFileHandle ChildError { get; }

    /// <summary>The child has its own copies now; ours would keep the pipes open.</summary>
    public void CloseChildEnds()
    {
        ChildInput.Dispose();
        ChildOutput.Dispose();
        ChildError.Dispose();
    }

    public void Dispose()
    {
        CloseChildEnds();
        Input.Dispose();
        Output.Dispose();
        Error.Dispose();
    }

    private static (SafeFileHandle Read, SafeFileHandle Write) OutputPipe()
    {
        (SafeFileHandle read, SafeFileHandle write) = Descriptors.Pipe();
        Descriptors.SetPipeSize(read, PipeBytes);
        Descriptors.SetNonBlocking(read);
        return (read, write);
    }
}

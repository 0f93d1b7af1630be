using Hearth.Core.Specs;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Files;
using Hearth.Linux.Terminals;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Agent.Processes;

/// <summary>
/// Both ends of a process' standard streams: a terminal, or pipes (and the null device for an input nobody feeds). Ours do
/// not block on reading, the process' are ordinary.
/// </summary>
internal sealed class StandardStreams : IDisposable
{
    /// <summary>
    /// What a process may write before it has to wait: the most that pipe(7) gives by default. It is filled and emptied in turns,
    /// so that a sixteenth of the ordinary size means sixteen times the context switches.
    /// </summary>
    public const int PipeBytes = 1 << 20;

    private readonly SafeFileHandle? _childInput;
    private readonly SafeFileHandle? _childOutput;
    private readonly SafeFileHandle? _childError;

    public StandardStreams(ProcessSpec process, string devpts)
    {
        if (process.Tty)
        {
            Terminal = PseudoTerminal.Open(devpts);
            if (process.Rows > 0 && process.Columns > 0)
            {
                Terminal.Resize(process.Rows, process.Columns);
            }

            Input = new DescriptorStream(Terminal.Master);
            Output = new DescriptorStream(Terminal.Master);
            return;
        }

        if (process.Interactive)
        {
            (_childInput, SafeFileHandle input) = Descriptors.Pipe();
            Input = new DescriptorStream(input);
        }

        (SafeFileHandle output, _childOutput) = Descriptors.Pipe();
        (SafeFileHandle error, _childError) = Descriptors.Pipe();
        Descriptors.SetPipeSize(output, PipeBytes);
        Descriptors.SetPipeSize(error, PipeBytes);
        Descriptors.SetNonBlocking(output);
        Descriptors.SetNonBlocking(error);
        Output = new DescriptorStream(output);
        Error = new DescriptorStream(error);
    }

    public PseudoTerminal? Terminal { get; }

    /// <summary>What is written here the process reads; null when it reads end of file.</summary>
    public DescriptorStream? Input { get; }

    public DescriptorStream Output { get; }

    /// <summary>Null with a terminal.</summary>
    public DescriptorStream? Error { get; }

    /// <summary>
    /// Steps that give the child its streams and a session of its own. By now its root is the one whose /dev it shall see:
    /// the terminal is opened by its path there, so that tty(1) knows its name.
    /// </summary>
    /// <param name="program">The child.</param>
    /// <param name="user">Who owns the terminal.</param>
    /// <param name="devpts">The terminals' directory as the child sees it.</param>
    public void AddSteps(ChildProgram program, uint user, string devpts)
    {
        program.NewSession();
        if (Terminal is not null)
        {
            program.OpenAsZero($"{devpts}/{Terminal.Number}", write: true);
            program.TakeTerminal();
            program.ChangeOwner(0, user);
            program.Duplicate(0, 1);
            program.Duplicate(0, 2);
        }
        else
        {
            if (_childInput is null)
            {
                program.OpenAsZero("/dev/null", write: false);
            }
            else
            {
                program.Duplicate((int)_childInput.DangerousGetHandle(), 0);
            }

            program.Duplicate((int)_childOutput!.DangerousGetHandle(), 1);
            program.Duplicate((int)_childError!.DangerousGetHandle(), 2);
        }

        program.CloseOthersOnExec();
    }

    /// <summary>The child has its own copies now; ours would keep the pipes open.</summary>
    public void CloseChildEnds()
    {
        _childInput?.Dispose();
        _childOutput?.Dispose();
        _childError?.Dispose();
    }

    public void Dispose()
    {
        CloseChildEnds();
        Input?.Dispose();
        Output.Dispose();
        Error?.Dispose();
        Terminal?.Dispose();
    }
}

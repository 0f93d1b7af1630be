using Hearth.Core.Specs;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Files;
using Hearth.Linux.Terminals;

namespace Hearth.Agent.Processes;

/// <summary>
/// Both ends of a process' standard streams: a terminal, or pipes (and the null device for an input nobody feeds). Ours do
/// not block on reading, the process' are ordinary.
/// </summary>
internal sealed class StandardStreams : IDisposable
{
    private readonly StandardPipes? _pipes;

    /// <param name="process">Whether it has a terminal, and whether somebody feeds it.</param>
    /// <param name="devpts">Where terminals come from.</param>
    /// <param name="pipes">Pipes that a child has already; these streams own them from now on. Null makes what is needed.</param>
    public StandardStreams(ProcessSpec process, string devpts, StandardPipes? pipes = null)
    {
        if (process.Tty)
        {
            pipes?.Dispose();
            Terminal = PseudoTerminal.Open(devpts);
            if (process.Rows > 0 && process.Columns > 0)
            {
                Terminal.Resize(process.Rows, process.Columns);
            }

            Input = new DescriptorStream(Terminal.Master);
            Output = new DescriptorStream(Terminal.Master);
            return;
        }

        _pipes = pipes ?? new StandardPipes();
        Output = new DescriptorStream(_pipes.Output);
        Error = new DescriptorStream(_pipes.Error);
        if (process.Interactive)
        {
            Input = new DescriptorStream(_pipes.Input);
        }
        else
        {
            _pipes.Input.Dispose();
        }
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
            if (Input is null)
            {
                program.OpenAsZero("/dev/null", write: false);
            }
            else
            {
                program.Duplicate((int)_pipes!.ChildInput.DangerousGetHandle(), 0);
            }

            program.Duplicate((int)_pipes!.ChildOutput.DangerousGetHandle(), 1);
            program.Duplicate((int)_pipes.ChildError.DangerousGetHandle(), 2);
        }

        program.CloseOthersOnExec();
    }

    /// <summary>The child has its own copies now; ours would keep the pipes open.</summary>
    public void CloseChildEnds() => _pipes?.CloseChildEnds();

    public void Dispose()
    {
        Input?.Dispose();
        Output.Dispose();
        Error?.Dispose();
        _pipes?.Dispose();
        Terminal?.Dispose();
    }
}

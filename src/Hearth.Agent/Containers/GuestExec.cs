using Hearth.Agent.Boot;
using Hearth.Agent.Processes;
using Hearth.Core.Specs;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Processes;

namespace Hearth.Agent.Containers;

/// <summary>Starts a process in the guest itself, beside the agent, as root; for people who look into the machine.</summary>
internal sealed class GuestExec(ProcessSpec process) : ILaunch
{
    public ProcessSpec Process => process;

    public bool KeepsHandle => false;

    public StandardStreams OpenStreams() => new(process, GuestPaths.Terminals);

    public RunningProcess Launch(Reaper reaper, StandardStreams streams)
    {
        List<string> environment = ProcessEnvironment.Merge(process, Environment.MachineName, "/");
        using ChildProgram program = new();
        program.WriteFile("/proc/self/oom_score_adj", "0");
        streams.AddSteps(program, 0, GuestPaths.Terminals);
        program.ChangeDirectory(process.WorkingDirectory);
        ProcessSteps.AddProgram(program, process.Args, environment);
        try
        {
            return reaper.Launch(() => program.Launch(new LaunchOptions()));
        }
        catch (ChildProgramException e)
        {
            throw LaunchErrors.Describe(e, process.Args[0], root: null);
        }
    }

    public bool Ended(ChildStatus status) => false;
}

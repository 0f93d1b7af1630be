using Hearth.Agent.Boot;
using Hearth.Agent.Processes;
using Hearth.Agent.Users;
using Hearth.Core.Specs;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Agent.Containers;

/// <summary>Starts one more process in the running container.</summary>
internal sealed class ContainerExec(Container container, ProcessSpec process) : ILaunch
{
    private long _killsBefore;

    public ProcessSpec Process => process;

    public bool KeepsHandle => false;

    public StandardStreams OpenStreams() => new(process, GuestPaths.Terminals);

    public RunningProcess Launch(Reaper reaper, StandardStreams streams)
    {
        ResolvedUser user = ContainerAccounts.Read(container.Root).Resolve(process.User);
        CapabilitySet capabilities = process.Privileged ? CapabilitySet.All : container.Capabilities;
        List<string> environment = ProcessEnvironment.Merge(process, container.Spec.Hostname, user.Home);
        _killsBefore = ContainerCgroup.OutOfMemoryKills();
        using SafeFileHandle cgroup = Descriptors.OpenRead(GuestPaths.ContainerCgroup);
        using ChildProgram program = new();
        program.WriteFile("/proc/self/oom_score_adj", "0");
        program.EnterNamespaces(container.Init.Handle);
        ProcessSteps.Add(program, streams, new ProcessIdentitySteps(user, capabilities, container.Spec.Ulimits), process.WorkingDirectory);
        ProcessSteps.AddProgram(program, process.Args, environment);
        try
        {
            return reaper.Launch(() => program.Launch(new LaunchOptions { Cgroup = cgroup, PidNamespace = container.Init.Handle }));
        }
        catch (ChildProgramException e)
        {
            throw LaunchErrors.Describe(e, process.Args[0], container.Root);
        }
    }

    public bool Ended(ChildStatus status) => status.Signal == 9 && ContainerCgroup.OutOfMemoryKills() > _killsBefore;
}

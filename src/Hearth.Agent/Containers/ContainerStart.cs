using Hearth.Agent.Boot;
using Hearth.Agent.Processes;
using Hearth.Agent.Users;
using Hearth.Core.Specs;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Agent.Containers;

/// <summary>Starts the container's first process in namespaces and a cgroup of its own.</summary>
internal sealed class ContainerStart(GuestState guest, ContainerSpec spec) : ILaunch
{
    public const string InitTarget = "/sbin/docker-init";

    private long _killsBefore;

    public ProcessSpec Process => spec.Process;

    public string Devpts => GuestPaths.Terminals;

    public bool KeepsHandle => true;

    public RunningProcess Launch(Reaper reaper, StandardStreams streams)
    {
        guest.RequireNoContainer();
        CapabilitySet capabilities = CapabilitySet.Resolve(spec.CapAdd, spec.CapDrop, spec.Process.Privileged);
        using RootedDirectory image = RootedDirectory.Open(GuestPaths.ContainerRoot);
        ResolvedUser user = ContainerUser.Resolve(image, spec.Process.User);
        ContainerCgroup.Prepare(spec.Cpus);
        _killsBefore = ContainerCgroup.OutOfMemoryKills();
        using SafeFileHandle cgroup = Descriptors.OpenRead(GuestPaths.ContainerCgroup);
        using ChildProgram program = new();
        using ContainerMounts mounts = new(program, spec);
        program.WriteFile("/proc/self/oom_score_adj", "0");
        program.NewCgroupNamespace();
        mounts.AddSteps();
        program.SetHostname(spec.Hostname);
        AddProcess(program, streams, user, capabilities);
        try
        {
            RunningProcess init = reaper.Launch(() => program.Launch(new LaunchOptions { NewNamespaces = true, Cgroup = cgroup }));
            guest.SetContainer(new Container(spec, init, OpenRoot(init.Pid), capabilities));
            return init;
        }
        catch (ChildProgramException e)
        {
            throw LaunchErrors.Describe(e, spec.Process.Args[0], image);
        }
    }

    /// <summary>The root with the container's own mounts; the bare file system when its process has ended already.</summary>
    private static RootedDirectory OpenRoot(int pid)
    {
        try
        {
            return RootedDirectory.Open($"/proc/{pid}/root");
        }
        catch (DirectoryNotFoundException)
        {
            return RootedDirectory.Open(GuestPaths.ContainerRoot);
        }
    }

    public bool Ended(ChildStatus status) => ContainerCgroup.OutOfMemoryKills() > _killsBefore;

    private void AddProcess(ChildProgram program, StandardStreams streams, ResolvedUser user, CapabilitySet capabilities)
    {
        List<string> environment = ProcessEnvironment.Merge(spec.Process, spec.Hostname, user.Home);
        ProcessSteps.Add(program, streams, new ProcessIdentitySteps(user, capabilities, spec.Ulimits), spec.Process.WorkingDirectory);
        if (spec.Init)
        {
            // tini's own search finds the program; it exits with 127 when there is none, as under Docker.
            program.ResetSignals();
            program.Execute([InitTarget], [InitTarget, "--", .. spec.Process.Args], environment);
        }
        else
        {
            ProcessSteps.AddProgram(program, spec.Process.Args, environment);
        }
    }
}

using Hearth.Agent.Boot;
using Hearth.Agent.Processes;
using Hearth.Agent.Users;
using Hearth.Core.Specs;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;
using Hearth.Protocol.Agent;

namespace Hearth.Agent.Containers;

/// <summary>Starts the container's first process: the second half of its steps, behind those of its surroundings.</summary>
/// <param name="guest">The guest, whose container it becomes.</param>
/// <param name="spec">What is asked for.</param>
/// <param name="shares">What it has of the host's files.</param>
/// <param name="rehearsal">It becomes nobody's container, and runs the guest's own busybox.</param>
internal sealed class ContainerStart(GuestState guest, ContainerSpec spec, IReadOnlyList<GuestShare> shares, bool rehearsal = false) : ILaunch
{
    public const string InitTarget = "/sbin/docker-init";

    private ContainerSurroundings? _surroundings;
    private long _killsBefore;

    public ProcessSpec Process => spec.Process;

    public bool KeepsHandle => !rehearsal;

    public StandardStreams OpenStreams()
    {
        guest.RequireNoContainer();
        _surroundings = guest.TakeSurroundings(spec);
        _killsBefore = _surroundings.KillsBefore;
        try
        {
            return new StandardStreams(spec.Process, GuestPaths.Terminals, _surroundings.Pipes);
        }
        catch
        {
            _surroundings.Dispose();
            throw;
        }
    }

    public RunningProcess Launch(Reaper reaper, StandardStreams streams)
    {
        using ContainerSurroundings surroundings = _surroundings!;
        CapabilitySet capabilities = CapabilitySet.Resolve(spec.CapAdd, spec.CapDrop, spec.Process.Privileged);
        ResolvedUser user = surroundings.Accounts.Resolve(spec.Process.User);
        foreach (GuestShare share in shares)
        {
            surroundings.Add(new AttachedTree(share.Target, guest.Shares.Mount(share, user), share.IsFile));
        }

        surroundings.AddOwn(spec, reaper);
        surroundings.Program.SetHostname(spec.Hostname);
        AddProcess(surroundings.Program, streams, user, capabilities);
        try
        {
            (RunningProcess init, RootedDirectory root) = surroundings.Launch(reaper);
            if (rehearsal)
            {
                root.Dispose();
            }
            else
            {
                guest.SetContainer(new Container(spec, init, root, capabilities));
            }

            return init;
        }
        catch (ChildProgramException e)
        {
            using RootedDirectory image = RootedDirectory.Open(GuestPaths.ContainerRoot);
            throw LaunchErrors.Describe(e, spec.Process.Args[0], image);
        }
    }

    public bool Ended(ChildStatus status) => ContainerCgroup.OutOfMemoryKills() > _killsBefore;

    private void AddProcess(ChildProgram program, StandardStreams streams, ResolvedUser user, CapabilitySet capabilities)
    {
        List<string> environment = ProcessEnvironment.Merge(spec.Process, spec.Hostname, user.Home);
        ProcessSteps.Add(program, streams, new ProcessIdentitySteps(user, capabilities, spec.Ulimits), spec.Process.WorkingDirectory);
        if (rehearsal)
        {
            program.ResetSignals();
            program.Execute([RehearsalProgram.Path], spec.Process.Args, environment);
        }
        else if (spec.Init)
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

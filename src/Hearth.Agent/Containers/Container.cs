using Hearth.Agent.Boot;
using Hearth.Agent.Processes;
using Hearth.Core.Specs;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;

namespace Hearth.Agent.Containers;

/// <summary>The container once it runs.</summary>
internal sealed class Container(ContainerSpec spec, RunningProcess init, RootedDirectory root, CapabilitySet capabilities)
{
    private const int Kill = 9;

    public ContainerSpec Spec { get; } = spec;

    public RunningProcess Init { get; } = init;

    /// <summary>Its root as its processes see it, mounts included.</summary>
    public RootedDirectory Root { get; } = root;

    public CapabilitySet Capabilities { get; } = capabilities;

    public bool Ended => Init.Exit.IsCompleted;

    public void Signal(int signal, bool all)
    {
        if (!all)
        {
            _ = !Ended && Children.Signal(Init.Pid, signal);
            return;
        }

        if (signal == Kill)
        {
            File.WriteAllText($"{GuestPaths.ContainerCgroup}/cgroup.kill", "1");
            return;
        }

        foreach (string line in File.ReadAllLines($"{GuestPaths.ContainerCgroup}/cgroup.procs"))
        {
            if (int.TryParse(line, out int pid))
            {
                _ = Children.Signal(pid, signal);
            }
        }
    }
}

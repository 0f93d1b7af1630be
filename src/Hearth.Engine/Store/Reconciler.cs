using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Copying;
using Hearth.Engine.Doorkeeping;
using Hearth.Linux.Cgroups;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;
using Hearth.Networking.Kernel;
using Hearth.Networking.Topology;
using Hearth.Vmm.Qemu;

namespace Hearth.Engine.Store;

/// <summary>
/// Makes the record true after a crash. Only a supervisor writes the state of an active VM, and it dies with its VM; so an
/// active state whose supervisor (pid and start time) is gone belongs to a VM that ended without a word: by SIGKILL or with
/// the machine. Whoever reads it first ends what is left, frees it and writes down what happened. Doing it twice is harmless.
/// A guest that served copies of a VM that does not run leaves no state, only its mark.
/// </summary>
internal static class Reconciler
{
    private static readonly TimeSpan s_orphanTimeout = TimeSpan.FromSeconds(10);

    public static VmState Reconcile(string directory, VmSpec spec, VmState state)
    {
        if (!VmModel.HasSupervisor(state.Status))
        {
            CopyMark.Sweep(directory, spec.Id);
            return state.Doorkeeper is { } doorkeeper && !ProcessTable.IsAlive(doorkeeper) ? state with { Doorkeeper = null, Ports = [] } : state;
        }

        if (state.Supervisor is { } supervisor)
        {
            if (ProcessTable.IsAlive(supervisor))
            {
                return state;
            }

            // Closing what it had takes a killed one some 20 ms: the kernel unregisters its network interfaces. Its lock is among the rest.
            OrphanedProcess.AwaitEnd(supervisor.Pid, ProcessTable.StartOf(supervisor.Pid) == supervisor.StartTicks ? s_orphanTimeout : TimeSpan.Zero);
        }

        // A new supervisor holds this lock from before its first state: then there is nothing to make true.
        using FileLock? turn = FileLock.TryAcquire(VmModel.SupervisorLockIn(directory), FileLockMode.Shared);
        if (turn is null)
        {
            return state;
        }

        // The supervisor may have finished between the read of its last state and this look: read once more.
        if (VmFiles.TryRead(directory) is not { } again)
        {
            return state;
        }

        if (again.State.Supervisor != state.Supervisor || again.State.Status is VmStatus.Exited or VmStatus.Suspended)
        {
            return again.State;
        }

        Release(spec.Id, state.Cgroup);
        ReleaseNetwork(spec);
        DoorkeeperSocket.End(state);
        VmState ended = state with
        {
            Status = VmStatus.Exited,
            Supervisor = null,
            Vmm = null,
            Cgroup = null,
            Doorkeeper = null,
            Ports = [],
            Addresses = [],
            ExitCode = 137,
            FinishedAt = new DateTimeOffset(File.GetLastWriteTimeUtc(VmFiles.StateFile(directory))),
            Error = "The VM's supervisor was killed or the host went down.",
        };
        VmFiles.WriteState(directory, ended);
        File.Delete(Path.Combine(directory, "control.sock"));
        return ended;
    }

    /// <summary>What a VM with a kernel path had in the host's rules; root's matter, as such VMs are.</summary>
    private static void ReleaseNetwork(VmSpec spec)
    {
        if (spec.Network is { Mode: NetworkMode.Bridged or NetworkMode.Routed } && ProcessTable.IsRoot)
        {
            try
            {
                VmNetwork.RemoveDeadAsync(HostNetwork.Own, spec.Id, CancellationToken.None).GetAwaiter().GetResult();
            }
            catch (HearthException)
            {
                // It lets nothing through, and goes when its address is leased again.
            }
        }
    }

    /// <summary>Ends what is left of a VMM and removes its groups.</summary>
    /// <param name="id">Whose it was.</param>
    /// <param name="cgroups">Its groups, with colons between; null when that is not known.</param>
    public static void Release(string id, string? cgroups)
    {
        // The record of the VMM and its groups may be missing when the supervisor died between starting it and writing that down.
        foreach (int pid in ProcessTable.FindByCommandLine("qemu-system", $"guest=hearth-{id}"))
        {
            OrphanedProcess.End(pid, s_orphanTimeout);
        }

        string[] recorded = cgroups?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [];
        foreach (string group in recorded.Union(CgroupScope.Find(QemuEngine.CgroupOf(id))))
        {
            // A process that is on its way out shows no command line any more, and keeps its group until it is gone.
            foreach (int pid in CgroupScope.Members(group))
            {
                OrphanedProcess.End(pid, s_orphanTimeout);
            }

            CgroupScope.TryRemove(group);
        }
    }
}

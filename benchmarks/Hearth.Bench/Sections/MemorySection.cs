using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;
using Hearth.Core.Specs;
using Hearth.Engine.Store;

namespace Hearth.Bench.Sections;

/// <summary>What a VM costs beside its guest.</summary>
internal sealed class MemorySection : ISection
{
    private const int Machines = 3;
    private const int Commands = 10;
    private const double SupervisorBound = 25;
    private const double AgentBound = 15;

    public string Name => "memory";

    public string Title => "Resident memory";

    public string Method => $"""
        {Machines} VMs, booted (`run --no-template`) one after another, each after {Commands} execs and {StreamMib} MiB of output. The supervisor: `VmRSS` of its `/proc/PID/status`, and `Pss` of its
        `smaps_rollup` (its share of pages that other supervisors map too, with one VM running). The agent: `VmRSS` of process 1 in the guest.
        MB are millions of bytes.
        """;

    private static int StreamMib => 16;

    public Task<SectionResult> RunAsync(BenchContext context)
    {
        Samples supervisor = new();
        Samples share = new();
        Samples machine = new();
        Samples agent = new();
        for (int i = 1; i <= Machines; i++)
        {
            string name = $"bench-memory-{i}";
            VmModel vm = context.Hearth.StartBooted(name);
            Use(context.Hearth, name);
            supervisor.Add(ProcFile.Field($"/proc/{Pid(vm.State.Supervisor)}/status", "VmRSS:"));
            share.Add(ProcFile.Field($"/proc/{Pid(vm.State.Supervisor)}/smaps_rollup", "Pss:"));
            machine.Add(ProcFile.Field($"/proc/{Pid(vm.State.Vmm)}/status", "VmRSS:"));
            agent.Add(ProcFile.Value(context.Hearth.RunChecked("exec", "--vm", name, "cat", "/proc/1/status").Output, "VmRSS:"));
            context.Hearth.Remove(name);
        }

        context.Say($"memory: supervisor {supervisor.Maximum:0.0} MB, agent {agent.Maximum:0.0} MB");
        return Task.FromResult(new SectionResult(
            [Goal.AtMost("supervisor, resident", SupervisorBound, supervisor.Maximum, "MB"), Goal.AtMost("agent, resident", AgentBound, agent.Maximum, "MB")],
            [new("supervisor, resident", supervisor, "MB"), new("supervisor, proportional share", share, "MB"), new("agent, resident", agent, "MB"), new("QEMU with its 512 MiB guest, resident", machine, "MB")]));
    }

    private static void Use(HearthBinary hearth, string name)
    {
        for (int i = 0; i < Commands; i++)
        {
            hearth.RunChecked("exec", name, "true");
        }

        hearth.RunChecked("exec", name, "dd", "if=/dev/zero", "bs=64k", $"count={StreamMib * 16}", "status=none");
    }

    private static int Pid(ProcessIdentity? process) => process?.Pid ?? throw new BenchException("A running VM's state names no process.");
}

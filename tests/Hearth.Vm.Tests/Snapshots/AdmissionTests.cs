using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Failpoints;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Snapshots;

/// <summary>Copies and starts on a host that has too little memory; how much it has, the tests say. Others' copies would count.</summary>
[Collection(AloneCollection.Name)]
public sealed class AdmissionTests
{
    [SkippableFact]
    public async Task More_copies_than_the_host_has_memory_for_are_refused_before_anything_is_made()
    {
        string vm = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", vm, "@busybox", "sleep", "1000000")).Succeeded();
        string[] layers = Directory.GetFiles(Path.Combine(TestRun.Current.Home, "vms", HostTraces.IdOf(vm), "disks"));
        string copies = TestRun.Current.NewName() + "-{n}";

        Outcome refused = (await WithMemoryAsync("1G", "fork", vm, "-n", "200", "--name", copies)).Ended(125);

        refused.Error.ShouldBe(
            $"hearth: 200 copies of VM {vm} need 12.5GiB of memory (64MiB each); the host has 1GiB to give.\n"
            + "  Make 16 or fewer (-n), or release some memory: 'hearth suspend VM' keeps a VM on disk.\n");
        refused.Lines.ShouldBeEmpty();
        await ChainRun.AnswersAsync(vm);
        Directory.GetFiles(Path.Combine(TestRun.Current.Home, "vms", HostTraces.IdOf(vm), "disks")).ShouldBe(layers);
        (await HearthCommand.RunAsync("ps", "-a", "--format", "{{.Names}}")).Succeeded().Output.ShouldNotContain(copies[..^3]);
        (await WithMemoryAsync("150M", "fork", vm, "-n", "2", "--name", copies)).Succeeded();
        (await HearthCommand.RunAsync("rm", "-f", vm, copies.Replace("{n}", "1", StringComparison.Ordinal), copies.Replace("{n}", "2", StringComparison.Ordinal))).Succeeded();
    }

    [SkippableFact]
    public async Task Commands_that_run_at_the_same_time_count_each_others_copies()
    {
        using HeldChain held = await HeldChain.CreateAsync("capture.asked");
        (string vm, _) = await ChainRun.StartVmAsync(held);
        string copy = TestRun.Current.NewName();
        using HearthCommand first = HearthCommand.StartProgram("env", "HEARTH_AVAILABLE_MEMORY=100M", TestRun.Current.Binary, "fork", vm, "--name", copy);
        Task<Outcome> ending = first.EndAsync();
        await held.ReachedAsync(ending);

        Outcome second = (await WithMemoryAsync("100M", "fork", vm)).Ended(125);

        second.Error.ShouldStartWith($"hearth: A copy of VM {vm} needs 64MiB of memory (64MiB each); the host has 100MiB to give, 64MiB of it promised to copies that are being made.\n");
        held.Release("");
        (await ending).Succeeded();
        string third = TestRun.Current.NewName();
        (await WithMemoryAsync("100M", "fork", vm, "--name", third)).Succeeded();
        (await HearthCommand.RunAsync("rm", "-f", vm, copy, third)).Succeeded();
    }

    [SkippableFact]
    public async Task A_copy_of_a_snapshot_claims_memory_until_it_runs()
    {
        string vm = TestRun.Current.NewName();
        string snapshot = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", vm, "@busybox", "sleep", "1000000")).Succeeded();
        (await HearthCommand.RunAsync("snapshot", "create", vm, snapshot)).Succeeded();
        (await WithMemoryAsync("60M", "run", "--from", snapshot)).Ended(125).Error.ShouldStartWith($"hearth: A copy of snapshot {snapshot} needs 64MiB of memory");

        // One that is attached to claims nothing any more.
        string copy = TestRun.Current.NewName();
        string staging = Path.Combine(TestRun.Current.Home, "staging");
        using FileChanges changes = new(staging);
        using HearthCommand attached = HearthCommand.StartProgram("env", "HEARTH_AVAILABLE_MEMORY=100M", TestRun.Current.Binary, "run", "--from", snapshot, "--name", copy);
        await changes.UntilAsync(() => Directory.GetDirectories(staging, "memory-*").Length > 0);
        await changes.UntilAsync(() => Directory.GetDirectories(staging, "memory-*").Length == 0);
        await ChainRun.AnswersAsync(copy);
        string other = TestRun.Current.NewName();
        (await WithMemoryAsync("100M", "run", "-d", "--from", snapshot, "--name", other)).Succeeded();
        (await HearthCommand.RunAsync("rm", "-f", vm, copy, other)).Succeeded();
        await attached.EndAsync();
        (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
    }

    [SkippableFact]
    public async Task A_start_without_even_the_engines_memory_is_refused_and_makes_nothing()
    {
        await ChainRun.NextRunsAsync(); // The image is there, and nothing is said of it.
        string vm = TestRun.Current.NewName();
        Outcome refused = (await WithMemoryAsync("10M", "run", "--name", vm, "@busybox", "true")).Ended(125);

        refused.Error.ShouldBe(
            "hearth: A VM of @busybox cannot be started: that takes 64MiB of memory before the guest has any; the host has 10MiB to give, swap included.\n"
            + "  Release some: 'hearth suspend VM' keeps a VM on disk, 'hearth pool rm' ends those that stand ready.\n");
        (await HearthCommand.RunAsync("inspect", vm)).Ended(1);

        (await WithMemoryAsync("10M", "create", "--name", vm, "@busybox", "true")).Succeeded();
        (await WithMemoryAsync("10M", "start", vm)).ExitCode.ShouldNotBe(0);
        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Status}}", vm)).Succeeded().Line.ShouldBe("created");
        (await HearthCommand.RunAsync("rm", vm)).Succeeded();
    }

    private static Task<Outcome> WithMemoryAsync(string available, params string[] arguments) =>
        HearthCommand.RunProgramAsync("env", [$"HEARTH_AVAILABLE_MEMORY={available}", TestRun.Current.Binary, .. arguments]);
}

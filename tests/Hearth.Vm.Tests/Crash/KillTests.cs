using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Crash;

/// <summary>SIGKILL to each process at a named point: nothing is left on the host, the state says what happened, and the next command works.</summary>
[Collection(AloneCollection.Name)]
public sealed class KillTests
{
    [SkippableFact]
    public async Task Killing_the_client_of_a_foreground_run_ends_the_vm()
    {
        string name = TestRun.Current.NewName();
        using HearthCommand client = HearthCommand.Start("run", "--name", name, "@busybox", "--", "sh", "-c", "echo up; sleep 1000");
        await client.OutputAsync("up");

        client.Kill();

        await EndedCleanlyAsync(name);
    }

    [SkippableFact]
    public async Task Killing_the_client_of_a_run_with_rm_leaves_no_vm()
    {
        string name = TestRun.Current.NewName();
        using HearthCommand client = HearthCommand.Start("run", "--rm", "--name", name, "@busybox", "--", "sh", "-c", "echo up; sleep 1000");
        await client.OutputAsync("up");
        string id = HostTraces.IdOf(name);

        client.Kill();

        await HostTraces.NoProcessAsync(id);
        (await HearthCommand.RunAsync("ps", "-aq", "--filter", $"name={name}")).Succeeded().Output.ShouldBeEmpty();
        await HostTraces.NothingAsync(id);
        Directory.Exists(Path.Combine(TestRun.Current.Home, "vms", id)).ShouldBeFalse();
    }

    [SkippableTheory]
    [InlineData("supervisor")]
    [InlineData("vmm")]
    public async Task Killing_a_process_of_a_running_vm_is_told_and_leaves_nothing(string role)
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", name, "@busybox", "sleep", "1000")).Succeeded();

        HostTraces.Kill(HostTraces.ProcessId(name, role));

        await EndedCleanlyAsync(name);
    }

    [SkippableTheory]
    [InlineData("supervisor")]
    [InlineData("vmm")]
    public async Task Killing_a_process_while_the_guest_boots_fails_the_run_and_leaves_nothing(string role)
    {
        string name = TestRun.Current.NewName();
        using HearthCommand client = HearthCommand.Start("run", "--no-template", "--name", name, "@busybox", "sleep", "1000");
        await ConsoleHasBegunAsync(name);

        HostTraces.Kill(HostTraces.ProcessId(name, role));

        Outcome outcome = await client.EndAsync();
        outcome.Ended(125).Error.ShouldNotBeEmpty();
        await EndedCleanlyAsync(name);
    }

    [SkippableFact]
    public async Task A_supervisor_that_stands_still_does_not_keep_its_vm_from_being_removed()
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", name, "@busybox", "sleep", "1000")).Succeeded();
        string id = HostTraces.IdOf(name);
        (await HearthCommand.RunProgramAsync("kill", "-STOP", $"{HostTraces.ProcessId(name, "supervisor")}")).Succeeded();

        Outcome removed = (await HearthCommand.RunAsync("rm", "-f", name)).Succeeded();

        removed.Line.ShouldBe(name);
        removed.Error.ShouldBe($"hearth: the supervisor of VM {name} did not end it within 15 s, and was killed\n");
        await HostTraces.NothingAsync(id);
        Directory.Exists(Path.Combine(TestRun.Current.Home, "vms", id)).ShouldBeFalse();
    }

    [SkippableFact]
    public async Task A_vmm_that_stands_still_is_ended_within_a_bound()
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", name, "@busybox", "sleep", "1000")).Succeeded();

        // The stop time-out, then the time that a guest has to take a SIGKILL: 7 s.
        await EndsWithinAsync(TimeSpan.FromSeconds(15), name, "stop", "-t", "2", name);
        await HostTraces.NothingAsync(HostTraces.IdOf(name));
        (await HearthCommand.RunAsync("start", name)).Succeeded();
        await EndsWithinAsync(TimeSpan.FromSeconds(12), name, "kill", name);
        (await HearthCommand.RunAsync("wait", name)).Succeeded().Line.ShouldBe("137");
        (await HearthCommand.RunAsync("start", name)).Succeeded();
        string id = HostTraces.IdOf(name);
        await EndsWithinAsync(TimeSpan.FromSeconds(5), name, "rm", "-f", name);
        await HostTraces.NothingAsync(id);
    }

    private static async Task EndsWithinAsync(TimeSpan bound, string name, params string[] command)
    {
        (await HearthCommand.RunProgramAsync("kill", "-STOP", $"{HostTraces.ProcessId(name, "vmm")}")).Succeeded();
        long start = TimeProvider.System.GetTimestamp();
        (await HearthCommand.RunAsync(command)).Succeeded();
        TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(bound, string.Join(' ', command));
    }

    // The VMM runs and its console exists: the guest is in its boot, seconds before the agent answers.
    private static async Task ConsoleHasBegunAsync(string name)
    {
        using FileChanges changes = new FileChanges(TestRun.Current.Home);
        await changes.UntilAsync(() => File.Exists(Path.Combine(TestRun.Current.Home, "names", name))
            && File.Exists(Path.Combine(HostTraces.DirectoryOf(name), "state.json"))
            && File.ReadAllText(Path.Combine(HostTraces.DirectoryOf(name), "state.json")).Contains("\"vmm\"", StringComparison.Ordinal));
    }

    private static async Task EndedCleanlyAsync(string name)
    {
        string id = HostTraces.IdOf(name);
        await HostTraces.NoProcessAsync(id);
        (await HearthCommand.RunAsync("ps", "-a", "--filter", $"name={name}", "--format", "{{.State}}")).Succeeded().Line.ShouldBe("exited");
        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.ExitCode}} {{.State.Error}}", name)).Succeeded().Line.Length.ShouldBeGreaterThan(4);
        await HostTraces.NothingAsync(id);
        (await HearthCommand.RunAsync("start", name)).Succeeded();
        (await HearthCommand.RunAsync("rm", "-f", name)).Succeeded();
        await HostTraces.NothingAsync(id);
    }
}

using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Life;

/// <summary>Ends that are nobody's wish: no memory, a kernel that panics, a disk that is full.</summary>
public sealed class FailureTests
{
    [SkippableFact]
    public async Task Out_of_memory_is_reported_as_such()
    {
        string name = TestRun.Current.NewName();

        Outcome outcome = await HearthCommand.RunAsync("run", "--name", name, "-m", "256M", "@busybox", "--", "sh", "-c", "exec dd if=/dev/zero of=/dev/null bs=215M");

        outcome.Ended(137);
        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.OOMKilled}}", name)).Succeeded().Line.ShouldBe("true");
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
    }

    [SkippableFact]
    public async Task A_kernel_that_panics_is_reported_with_the_end_of_its_console()
    {
        string name = TestRun.Current.NewName();

        Outcome outcome = await HearthCommand.RunAsync("run", "--privileged", "--name", name, "@busybox", "--", "sh", "-c", "echo c > /proc/sysrq-trigger; sleep 60");

        outcome.Ended(125).Error.ShouldContain("panic");
        outcome.Error.ShouldContain("sysrq");
        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Status}}", name)).Succeeded().Line.ShouldBe("exited");
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
    }

    [SkippableFact]
    public async Task A_full_disk_is_the_commands_own_error()
    {
        Outcome outcome = await HearthCommand.RunAsync("run", "--rm", "--disk", "64M", "@busybox", "--", "sh", "-c", "dd if=/dev/zero of=/fill bs=1M count=100");

        outcome.Ended(1).Error.ShouldContain("No space left on device");
    }

    [SkippableFact]
    public async Task A_store_of_a_newer_version_is_refused()
    {
        using var home = new TemporaryDirectory();
        await File.WriteAllTextAsync(home["version"], "999\n");

        Outcome outcome = await HearthCommand.RunProgramAsync("/usr/bin/env", $"HEARTH_HOME={home.Root}", TestRun.Current.Binary, "run", "--rm", "@busybox", "true");

        outcome.Ended(125).Error.ShouldContain("999");
    }
}

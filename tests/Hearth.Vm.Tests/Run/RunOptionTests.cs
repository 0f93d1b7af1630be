using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Run;

/// <summary>One VM with nearly every option of <c>run</c>, looked at from the inside.</summary>
public sealed class RunOptionTests(RunOptionTests.Machine machine) : IClassFixture<RunOptionTests.Machine>
{
    /// <summary>The VM is Running when its init runs; the init starts the command only then.</summary>
    private const string Started = "until pidof sleep > /dev/null; do :; done; ";

    [SkippableFact]
    public async Task Environment_comes_from_options_files_and_this_environment()
    {
        Outcome outcome = (await machine.Vm.ShellAsync(Started + "cat /proc/1/environ | tr '\\0' '\\n'; cat /proc/$(pidof sleep)/environ | tr '\\0' '\\n'")).Succeeded();

        outcome.Lines.ShouldContain("ONE=1 and more");
        outcome.Lines.ShouldContain("FROM_FILE=file");
        outcome.Lines.ShouldContain("TERM_OVERRIDE=");
        outcome.Lines.ShouldContain("HOME=/home");
    }

    [SkippableFact]
    public async Task The_command_runs_as_the_user_in_the_directory()
    {
        (await machine.Vm.ShellAsync(Started + "id -u; id -g; readlink /proc/$(pidof sleep)/cwd; stat -c %u:%g /proc/$(pidof sleep)")).Succeeded()
            .Lines.ShouldBe(["1234", "56", "/scratch", "1234:56"]);
    }

    [SkippableFact]
    public async Task The_host_name_is_set_everywhere()
    {
        Outcome outcome = (await machine.Vm.ShellAsync("hostname; cat /etc/hostname; cat /proc/sys/kernel/hostname; grep -c kitchen /etc/hosts")).Succeeded();

        outcome.Lines.ShouldBe(["kitchen", "kitchen", "kitchen", "1"]);
    }

    [SkippableFact]
    public async Task A_read_only_root_refuses_writes_and_a_tmpfs_takes_them()
    {
        Outcome outcome = await machine.Vm.ShellAsync("echo a > /scratch/a && cat /scratch/a; echo b > /b");

        outcome.Ended(1).Output.ShouldBe("a\n");
        outcome.Error.ShouldContain("Read-only file system");
    }

    [SkippableFact]
    public async Task A_tmpfs_has_its_size_and_mode()
    {
        Outcome outcome = (await machine.Vm.ShellAsync("grep ' /scratch ' /proc/mounts; stat -c %a /scratch")).Succeeded();

        outcome.Output.ShouldContain("tmpfs");
        outcome.Output.ShouldContain("size=2048k");
        outcome.Lines[^1].ShouldBe("1777");
    }

    [SkippableFact]
    public async Task Only_the_capability_that_was_added_is_left()
    {
        (await machine.Vm.ShellAsync("grep CapBnd /proc/self/status")).Succeeded().Line.ShouldEndWith("0000000000002000");
    }

    [SkippableFact]
    public async Task Limits_apply_soft_and_hard()
    {
        (await machine.Vm.ShellAsync("ulimit -Sn; ulimit -Hn; ulimit -c")).Succeeded().Lines.ShouldBe(["100", "200", "0"]);
    }

    [SkippableFact]
    public async Task An_init_is_process_1_and_the_command_its_child()
    {
        Outcome outcome = (await machine.Vm.ShellAsync(Started + "pidof sleep; grep PPid /proc/$(pidof sleep)/status")).Succeeded();

        outcome.Lines[0].ShouldNotBe("1");
        outcome.Lines[1].ShouldBe("PPid:\t1");
    }

    [SkippableFact]
    public async Task The_machine_has_its_processors_and_memory()
    {
        Outcome outcome = (await machine.Vm.ShellAsync("nproc; awk '/MemTotal/ { print ($2 > 300000 && $2 < 400000) }' /proc/meminfo")).Succeeded();

        outcome.Lines.ShouldBe(["2", "1"]);
    }

    [SkippableFact]
    public async Task Inspect_shows_what_was_asked()
    {
        string name = await machine.Vm.NameAsync();

        (await HearthCommand.RunAsync("inspect", "--format", "{{.Config.User}} {{.Config.Hostname}} {{.Config.StopSignal}}", name)).Succeeded().Line.ShouldBe("1234:56 kitchen SIGUSR1");
        (await HearthCommand.RunAsync("inspect", "--format", "{{index .Config.Labels \"colour\"}}", name)).Succeeded().Line.ShouldBe("blue");
    }

    public sealed class Machine : IAsyncLifetime
    {
        private readonly string _file = Path.GetTempFileName();

        public Machine()
        {
            File.WriteAllText(_file, "# a comment\nFROM_FILE=file\nTERM_OVERRIDE=\n");
            Vm = new LazyVm(
                "-e", "ONE=1 and more", "-e", "HOME=/home", "--env-file", _file, "-w", "/scratch", "-u", "1234:56", "--hostname", "kitchen", "--label", "colour=blue",
                "--read-only", "--tmpfs", "/scratch:size=2m,mode=1777", "--cap-drop", "ALL", "--cap-add", "NET_RAW", "--ulimit", "nofile=100:200", "--ulimit", "core=0",
                "--init", "--stop-signal", "USR1", "--stop-timeout", "7", "-m", "384M", "-c", "2", "--disk", "2G", "@busybox", "--", "sleep", "1000000");
        }

        internal LazyVm Vm { get; }

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync()
        {
            await Vm.DisposeAsync();
            File.Delete(_file);
        }
    }
}

using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Kernels;

/// <summary>
/// Containers on the kernel that <c>hearth kernel build micro</c> makes. It is not built here: that takes minutes of every processor, more than a
/// test may be silent. Built once in the home of the tests, which keeps its kernels, it is tested from then on.
/// </summary>
public sealed class MicroKernelTests(MicroKernelTests.Machine machine) : IClassFixture<MicroKernelTests.Machine>
{
    [SkippableFact]
    public async Task The_guest_runs_the_kernel_that_the_list_names()
    {
        string release = (await machine.ShellAsync("uname -r")).Succeeded().Line;

        release.ShouldEndWith("-hearth");
        (await HearthCommand.RunAsync("kernel", "ls", "--format", "{{.Name}} {{.Release}}")).Succeeded().Lines.ShouldContain($"micro {release}");
    }

    [SkippableTheory]
    [InlineData("mounts", "awk '$2 != \"/proc/kcore\" { print $1, $2, $3 }' /proc/mounts")]
    [InlineData("devices", "ls /dev")]
    [InlineData("privileges", "grep -E '^(Cap|Seccomp:|NoNewPrivs)' /proc/self/status")]
    [InlineData("namespaces", "ls /proc/self/ns")]
    [InlineData("control groups", "cat /proc/self/cgroup; cat /sys/fs/cgroup/cgroup.controllers | tr ' ' '\\n' | grep -E '^(cpu|memory|pids)$'")]
    [InlineData("limits", "ulimit -a | grep -v -E '[(]-[iu][)]'")]
    [InlineData("network", "ip -o link | cut -d: -f2; ip -o addr | awk '{ print $2, $4 }'")]
    [InlineData("kernel messages", "dmesg 2>&1")]
    [InlineData("files", "cd /tmp && echo x > a && ln a b && chmod 4755 a && stat -c '%a %h %s' b && mkfifo p && mknod -m 600 n c 1 3; ls -l p | cut -c1")]
    public async Task A_container_finds_what_it_finds_on_debians_kernel(string subject, string script)
    {
        string here = (await machine.ShellAsync(script)).Output;

        here.ShouldNotBeEmpty(subject);
        here.ShouldBe((await LazyVm.Shared.ShellAsync(script)).Output, subject);
    }

    [SkippableFact]
    public async Task Memory_beyond_the_limit_is_an_oom_kill()
    {
        Machine.Need();
        string name = TestRun.Current.NewName();

        (await HearthCommand.RunAsync("run", "--kernel", "micro", "--name", name, "-m", "256M", "@busybox", "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=235M")).Ended(137);

        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.OOMKilled}}", name)).Succeeded().Line.ShouldBe("true");
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
    }

    [SkippableFact]
    public async Task It_is_paused_resumed_and_stopped()
    {
        string name = await machine.NameAsync();

        (await HearthCommand.RunAsync("pause", name)).Succeeded();
        (await HearthCommand.RunAsync("unpause", name)).Succeeded();
        (await machine.ShellAsync("echo here")).Succeeded().Line.ShouldBe("here");
        (await HearthCommand.RunAsync("stats", "--no-stream", name)).Succeeded().Output.ShouldContain(name);
    }

    public sealed class Machine : IAsyncLifetime
    {
        private readonly Lazy<LazyVm> _vm = new(static () => new LazyVm("--kernel", "micro", "--hostname", "box", "@busybox", "sleep", "1000000"));

        /// <summary>Skips the test when the kernel has not been built.</summary>
        public static void Need() => Skip.IfNot(
            File.Exists(Path.Combine(TestRun.Current.Home, "kernels", "names", "micro")),
            $"the micro kernel has not been built; 'HEARTH_HOME={TestRun.Current.Home} {TestRun.Current.Binary} kernel build micro' makes it, once");

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync()
        {
            if (_vm.IsValueCreated)
            {
                await _vm.Value.DisposeAsync();
            }
        }

        internal Task<string> NameAsync()
        {
            Need();
            return _vm.Value.NameAsync();
        }

        internal Task<Outcome> ShellAsync(string script)
        {
            Need();
            return _vm.Value.ShellAsync(script);
        }
    }
}

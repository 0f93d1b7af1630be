using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Exec;

/// <summary>What a program finds around it: Docker's mounts, devices, masked paths and limits.</summary>
public sealed class ContainerViewTests
{
    [SkippableTheory]
    [InlineData("/dev/null", "1:3")]
    [InlineData("/dev/zero", "1:5")]
    [InlineData("/dev/full", "1:7")]
    [InlineData("/dev/random", "1:8")]
    [InlineData("/dev/urandom", "1:9")]
    [InlineData("/dev/tty", "5:0")]
    public async Task Devices_have_their_numbers_and_are_open_to_all(string device, string numbers)
    {
        (await LazyVm.Shared.ExecAsync("stat", "-c", "%t:%T %a", device)).Succeeded().Line.ShouldBe(numbers + " 666");
    }

    [SkippableFact]
    public async Task Standard_stream_links_point_to_the_process()
    {
        (await LazyVm.Shared.ShellAsync("for name in fd stdin stdout stderr ptmx; do readlink /dev/$name; done")).Succeeded()
            .Lines.ShouldBe(["/proc/self/fd", "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2", "pts/ptmx"]);
    }

    [SkippableTheory]
    [InlineData("/proc/kcore")]
    [InlineData("/proc/keys")]
    [InlineData("/proc/timer_list")]
    public async Task Masked_files_are_empty(string path)
    {
        (await LazyVm.Shared.ShellAsync($"wc -c < {path}")).Succeeded().Line.Trim().ShouldBe("0");
    }

    [SkippableTheory]
    [InlineData("/sys/firmware")]
    [InlineData("/proc/acpi")]
    public async Task Masked_directories_are_empty(string path)
    {
        (await LazyVm.Shared.ShellAsync($"ls -A {path} | wc -l")).Succeeded().Line.Trim().ShouldBe("0");
    }

    [SkippableTheory]
    [InlineData("/proc/sys/kernel/panic")]
    [InlineData("/proc/sysrq-trigger")]
    [InlineData("/proc/irq/default_smp_affinity")]
    [InlineData("/sys/kernel/mm/transparent_hugepage/enabled")]
    public async Task Read_only_paths_refuse_writes(string path)
    {
        Outcome outcome = await LazyVm.Shared.ShellAsync($"echo 1 > {path}");

        outcome.ExitCode.ShouldNotBe(0);
        outcome.Error.ShouldContain("Read-only file system");
    }

    [SkippableTheory]
    [InlineData("/proc", "proc")]
    [InlineData("/sys", "sysfs")]
    [InlineData("/sys/fs/cgroup", "cgroup2")]
    [InlineData("/dev", "tmpfs")]
    [InlineData("/dev/pts", "devpts")]
    [InlineData("/dev/shm", "tmpfs")]
    [InlineData("/dev/mqueue", "mqueue")]
    public async Task File_systems_are_mounted_where_containers_have_them(string path, string type)
    {
        (await LazyVm.Shared.ShellAsync($"awk '$2 == \"{path}\" {{ print $3 }}' /proc/mounts")).Succeeded().Line.ShouldBe(type);
    }

    [SkippableFact]
    public async Task Host_names_resolve_from_the_files()
    {
        Outcome outcome = (await LazyVm.Shared.ShellAsync("hostname; cat /etc/hostname; grep -w localhost /etc/hosts | head -n 1; grep -cw box /etc/hosts; test -f /etc/resolv.conf")).Succeeded();

        outcome.Lines.ShouldBe(["box", "box", "127.0.0.1\tlocalhost", "1"]);
    }

    [SkippableFact]
    public async Task The_command_is_process_1_and_sees_only_its_own()
    {
        Outcome outcome = (await LazyVm.Shared.ShellAsync("tr '\\0' ' ' < /proc/1/cmdline; echo; ls -d /proc/[0-9]* | wc -l")).Succeeded();

        outcome.Lines[0].ShouldBe("sleep 1000000 ");
        int.Parse(outcome.Lines[1], null).ShouldBeLessThan(10);
    }

    [SkippableFact]
    public async Task Dangerous_calls_are_refused_without_privilege()
    {
        Outcome outcome = await LazyVm.Shared.ShellAsync("mount -t tmpfs none /mnt 2>&1 || mkdir -p /tmp/m && mount -t tmpfs none /tmp/m; echo $?; hostname other; echo $?");

        outcome.Lines.Count(static line => line == "1").ShouldBe(2, outcome.ToString());
    }

    [SkippableFact]
    public async Task Work_on_the_root_file_system_is_kept_while_it_runs()
    {
        Outcome outcome = (await LazyVm.Shared.ShellAsync("mkdir -p /work/a && echo one > /work/a/f && ln /work/a/f /work/g && mv /work/a /work/b && cat /work/b/f && stat -c %h /work/g && rm -r /work && ls -d /work")).Ended(1);

        outcome.Lines.ShouldBe(["one", "2"]);
    }
}

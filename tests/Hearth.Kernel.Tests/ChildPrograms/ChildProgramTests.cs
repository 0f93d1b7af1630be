using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Kernel.Tests.ChildPrograms;

public sealed class ChildProgramTests
{
    [Fact]
    public void A_child_runs_and_its_status_comes_back()
    {
        (string output, var status) = Child.Shell("echo hello; exit 7");
        output.ShouldBe("hello");
        (status.ExitCode, status.Signal).ShouldBe((7, 0));
    }

    [Fact]
    public void A_signal_is_128_and_its_number()
    {
        (_, var status) = Child.Shell("kill -TERM $$");
        (status.ExitCode, status.Signal).ShouldBe((143, 15));
    }

    [Fact]
    public void The_child_has_three_descriptors_no_blocked_and_no_ignored_signal()
    {
        (string output, _) = Child.Shell("ls /proc/self/fd; grep -E 'SigBlk|SigIgn' /proc/self/status");
        // 3 is the directory that ls reads.
        output.ShouldBe("0\n1\n2\n3\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000");
    }

    [Fact]
    public void A_step_that_fails_is_named_with_its_error()
    {
        ChildProgramException error = Should.Throw<ChildProgramException>(() => Child.Shell("true", static p => p.ChangeDirectory("/no/such")));
        error.Message.ShouldBe("chdir /no/such: no such file or directory");
        error.Attempts.ShouldBeEmpty();
    }

    [Fact]
    public void A_tolerated_error_goes_on_and_another_does_not()
    {
        Child.Shell("echo on", static p => p.MakeDirectory("/", tolerate: Tolerate.Exists)).Output.ShouldBe("on");
        Should.Throw<ChildProgramException>(() => Child.Shell("echo on", static p => p.MakeDirectory("/", tolerate: Tolerate.Missing))).Errno.ShouldBe(17);
    }

    [Fact]
    public void A_search_tries_each_program_and_reports_them_all()
    {
        using ChildProgram program = new();
        program.Execute(["/no/a", "/etc"], ["a"], [], Tolerate.Missing | Tolerate.Denied);
        ChildProgramException error = Should.Throw<ChildProgramException>(() => program.Launch(new LaunchOptions()));
        error.Attempts.ShouldBe([new ExecAttempt("/no/a", 2), new ExecAttempt("/etc", 13)]);
        error.Call.ShouldBe("execve");
    }

    [SkippableFact]
    public void Namespaces_are_new_for_the_child_and_the_parent_keeps_its_own()
    {
        Child.RequireRoot();
        string[] kinds = ["mnt", "pid", "uts", "ipc"];
        string before = string.Concat(kinds.Select(static k => File.ResolveLinkTarget($"/proc/thread-self/ns/{k}", false)?.Name));
        (string output, _) = Child.Shell("echo $$; hostname; readlink /proc/self/ns/mnt", static p => p.SetHostname("inside"), new LaunchOptions { NewNamespaces = true });
        string[] lines = output.Split('\n');
        lines[0].ShouldBe("1");
        lines[1].ShouldBe("inside");
        lines[2].ShouldNotBe(File.ResolveLinkTarget("/proc/thread-self/ns/mnt", false)?.Name);
        string.Concat(kinds.Select(static k => File.ResolveLinkTarget($"/proc/thread-self/ns/{k}", false)?.Name)).ShouldBe(before);
        Environment.MachineName.ShouldNotBe("inside");
    }

    [SkippableFact]
    public void A_child_enters_the_pid_namespace_of_another_and_the_thread_comes_back()
    {
        Child.RequireRoot();
        using ChildProgram holder = new();
        holder.Execute(["/bin/sleep"], ["sleep", "60"], []);
        ChildProcess first = holder.Launch(new LaunchOptions { NewNamespaces = true });
        try
        {
            string own = File.ResolveLinkTarget("/proc/thread-self/ns/pid_for_children", false)!.Name;
            (string output, _) = Child.Shell("echo $$", options: new LaunchOptions { PidNamespace = first.Handle });
            output.ShouldBe("2");
            File.ResolveLinkTarget("/proc/thread-self/ns/pid_for_children", false)!.Name.ShouldBe(own);
        }
        finally
        {
            Hearth.Linux.Processes.Children.Signal(first.Pid, 9);
            Hearth.Linux.Processes.Children.Wait(first.Pid, out _);
            first.Handle.Dispose();
        }
    }

    [SkippableFact]
    public void Ids_groups_and_capabilities_are_the_childs_alone()
    {
        Child.RequireRoot();
        (string output, _) = Child.Shell("id -u; id -g; id -G; grep -E 'CapPrm|CapBnd' /proc/self/status | cut -f2", static p =>
        {
            p.BoundCapabilities(0x3, 40);
            p.SetIdentity(1234, 2345, [2345, 77]);
        });
        output.Split('\n').ShouldBe(["1234", "2345", "2345 77", "0000000000000000", "0000000000000003"]);
        Environment.IsPrivilegedProcess.ShouldBeTrue();
    }

    [SkippableFact]
    public void Roots_capabilities_are_cut_to_the_set()
    {
        Child.RequireRoot();
        (string output, _) = Child.Shell("grep -E 'CapPrm|CapEff' /proc/self/status | cut -f2", static p =>
        {
            p.BoundCapabilities(0x3, 40);
            p.SetCapabilities(0x3);
        });
        output.ShouldBe("0000000000000003\n0000000000000003");
    }

    [SkippableFact]
    public void A_child_is_born_in_its_cgroup()
    {
        Child.RequireRoot();
        string root = new[] { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" }.FirstOrDefault(static d => File.Exists($"{d}/cgroup.procs") && File.Exists($"{d}/cgroup.controllers")) ?? "";
        Skip.If(root.Length == 0, "there is no cgroup v2 tree");
        string group = $"{root}/hearth-test-{Environment.ProcessId}";
        Directory.CreateDirectory(group);
        try
        {
            using SafeFileHandle cgroup = Descriptors.OpenRead(group);
            (string output, _) = Child.Shell("grep ^0:: /proc/self/cgroup", options: new LaunchOptions { Cgroup = cgroup });
            output.ShouldEndWith($"/hearth-test-{Environment.ProcessId}");
        }
        finally
        {
            Directory.Delete(group);
        }
    }
}

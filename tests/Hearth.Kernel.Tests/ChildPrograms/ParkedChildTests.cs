using System.Text;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Kernel.Tests.ChildPrograms;

public sealed class ParkedChildTests
{
    [Fact]
    public void A_child_stands_until_it_is_told_what_to_become()
    {
        (SafeFileHandle read, SafeFileHandle write) = Descriptors.Pipe();
        using DescriptorStream output = new(read);
        using ChildProgram program = Standing(write);
        ChildProcess child = program.LaunchParked(new LaunchOptions(), OnThread);
        ProcessTable.Identify(child.Pid).ShouldNotBeNull();
        program.ChangeDirectory("/usr");
        AddShell(program, "pwd; exit 5");
        program.Continue();
        write.Dispose();
        MemoryStream all = new();
        output.CopyTo(all);
        Encoding.UTF8.GetString(all.ToArray()).ShouldBe("/usr\n");
        Children.Wait(child.Pid, out ChildStatus status).ShouldBeTrue();
        status.ExitCode.ShouldBe(5);
        child.Handle.Dispose();
    }

    [Fact]
    public void A_step_that_fails_before_the_place_is_named()
    {
        using ChildProgram program = new();
        program.ChangeDirectory("/no/such");
        program.Park();
        Should.Throw<ChildProgramException>(() => program.LaunchParked(new LaunchOptions(), OnThread)).Message.ShouldBe("chdir /no/such: no such file or directory");
    }

    [Fact]
    public void A_step_that_fails_after_the_place_is_named_and_the_child_is_gone()
    {
        using ChildProgram program = new();
        program.Park();
        ChildProcess child = program.LaunchParked(new LaunchOptions(), OnThread);
        program.ChangeDirectory("/no/such");
        AddShell(program, "true");
        Should.Throw<ChildProgramException>(program.Continue).Message.ShouldBe("chdir /no/such: no such file or directory");
        Children.Wait(child.Pid, out ChildStatus status).ShouldBeTrue();
        status.ExitCode.ShouldBe(127);
        child.Handle.Dispose();
    }

    [Fact]
    public void Programs_that_were_tried_after_the_place_are_told()
    {
        using ChildProgram program = new();
        program.Park();
        ChildProcess child = program.LaunchParked(new LaunchOptions(), OnThread);
        program.Execute(["/no/a", "/etc"], ["a"], [], Tolerate.Missing | Tolerate.Denied);
        Should.Throw<ChildProgramException>(program.Continue).Attempts.ShouldBe([new ExecAttempt("/no/a", 2), new ExecAttempt("/etc", 13)]);
        Children.Wait(child.Pid, out _).ShouldBeTrue();
        child.Handle.Dispose();
    }

    [Fact]
    public void A_child_that_nobody_wants_ends_with_its_program()
    {
        ChildProgram program = new();
        program.Park();
        ChildProcess child = program.LaunchParked(new LaunchOptions(), OnThread);
        program.Dispose();
        Children.Wait(child.Pid, out ChildStatus status).ShouldBeTrue();
        status.ExitCode.ShouldBe(127);
        child.Handle.Dispose();
    }

    [SkippableFact]
    public void A_child_in_namespaces_of_its_own_stands_as_their_first_process()
    {
        Child.RequireRoot();
        using ChildProgram program = new();
        program.Park();
        ChildProcess child = program.LaunchParked(new LaunchOptions { NewNamespaces = true }, OnThread);
        File.ReadAllText($"/proc/{child.Pid}/status").ShouldContain($"NSpid:\t{child.Pid}\t1");
        AddShell(program, "exit $$");
        program.Continue();
        Children.Wait(child.Pid, out ChildStatus status).ShouldBeTrue();
        status.ExitCode.ShouldBe(1);
        child.Handle.Dispose();
    }

    /// <summary>A shell to be, with its output in a pipe that was open at the clone.</summary>
    private static ChildProgram Standing(SafeFileHandle output)
    {
        ChildProgram program = new();
        program.Park();
        program.Duplicate((int)output.DangerousGetHandle(), 1);
        program.CloseOthersOnExec();
        return program;
    }

    private static void OnThread(Action work) => new Thread(() => work()) { IsBackground = true }.Start();

    private static void AddShell(ChildProgram program, string script)
    {
        program.ResetSignals();
        program.Execute(["/bin/sh"], ["sh", "-c", script], ["PATH=/usr/bin:/bin"]);
    }
}

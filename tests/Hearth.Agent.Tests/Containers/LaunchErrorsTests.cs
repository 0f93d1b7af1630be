using Hearth.Agent.Containers;
using Hearth.Core.Errors;
using Hearth.Linux.ChildPrograms;

namespace Hearth.Agent.Tests.Containers;

public sealed class LaunchErrorsTests
{
    private const int NotPermitted = 1;
    private const int Missing = 2;
    private const int NoExec = 8;
    private const int Denied = 13;

    [Fact]
    public void A_name_found_nowhere_is_127()
    {
        HearthException error = Describe("fly", new ExecAttempt("/usr/bin/fly", Missing), new ExecAttempt("/bin/fly", Missing));
        error.Message.ShouldBe("exec: \"fly\": executable file not found in $PATH");
        error.ExitCode.ShouldBe(127);
    }

    [Fact]
    public void A_path_that_is_not_there_is_127()
    {
        HearthException error = Describe("/fly", new ExecAttempt("/fly", Missing));
        error.Message.ShouldBe("exec: \"/fly\": stat /fly: no such file or directory");
        error.ExitCode.ShouldBe(127);
    }

    [Fact]
    public void A_file_without_permission_is_126_even_when_the_search_went_on()
    {
        HearthException error = Describe("fly", new ExecAttempt("/usr/bin/fly", Denied), new ExecAttempt("/bin/fly", Missing));
        error.Message.ShouldBe("exec: \"fly\": permission denied");
        error.ExitCode.ShouldBe(126);
    }

    [Fact]
    public void A_file_that_is_no_program_is_126()
    {
        HearthException error = Describe("/etc/hosts", new ExecAttempt("/etc/hosts", NoExec));
        error.Message.ShouldBe("exec: \"/etc/hosts\": exec format error");
        error.ExitCode.ShouldBe(126);
    }

    [Fact]
    public void A_step_before_the_program_is_named()
    {
        HearthException error = LaunchErrors.Describe(new ChildProgramException("mount", "proc on /proc", NotPermitted, []), "sh", null);
        error.Message.ShouldBe("The process could not be set up: mount proc on /proc: operation not permitted");
    }

    private static HearthException Describe(string program, params ExecAttempt[] attempts) =>
        LaunchErrors.Describe(new ChildProgramException("execve", attempts[^1].Path, attempts[^1].Errno, attempts), program, null);
}

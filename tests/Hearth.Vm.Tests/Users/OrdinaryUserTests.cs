using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Users;

/// <summary>A VM's whole life as a user who is not root, in a home of their own, while another home has a VM of the same name.</summary>
public sealed class OrdinaryUserTests
{
    /// <summary>Nobody has it: not in passwd, no files, no processes.</summary>
    private const string User = "54321";

    [SkippableFact]
    public async Task An_ordinary_users_vm_lives_beside_anothers_of_the_same_name()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root to become another user");
        TestRun.NeedProgram("setpriv");
        string name = await LazyVm.Shared.NameAsync();
        using var directory = new TemporaryDirectory();
        string home = await MakeHomeAsync(directory);
        Outcome version = await AsUserAsync(home, "version");
        Skip.If(version.ExitCode is 126 or 127, $"another user cannot execute {TestRun.Current.Binary}");

        (await AsUserAsync(home, "run", "-d", "--name", name, "--hostname", "users", "@busybox", "--", "sh", "-c", "trap 'exit 7' TERM; echo up; while :; do sleep 0.1; done")).Succeeded();
        (await AsUserAsync(home, "exec", name, "hostname")).Succeeded().Line.ShouldBe("users");
        (await HearthCommand.RunAsync("exec", name, "hostname")).Succeeded().Line.ShouldBe("box");
        string id = (await AsUserAsync(home, "ps", "-q", "--no-trunc")).Succeeded().Line;
        foreach (int process in HostTraces.Processes(id))
        {
            File.ReadAllText($"/proc/{process}/status").ShouldContain($"Uid:\t{User}\t{User}\t{User}\t{User}");
        }

        (await AsUserAsync(home, "stop", name)).Succeeded();
        (await AsUserAsync(home, "wait", name)).Succeeded().Line.ShouldBe("7");
        (await AsUserAsync(home, "logs", name)).Succeeded().Line.ShouldBe("up");
        (await AsUserAsync(home, "start", name)).Succeeded();
        (await AsUserAsync(home, "rm", "-f", name)).Succeeded();

        (await AsUserAsync(home, "ps", "-aq")).Succeeded().Output.ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(Path.Combine(home, "vms")).ShouldBeEmpty();
        await HostTraces.NoProcessAsync(id);
        (await HearthCommand.RunAsync("exec", name, "hostname")).Succeeded().Line.ShouldBe("box");
    }

    [SkippableFact]
    public async Task A_user_without_a_control_group_is_told_that_a_limit_cannot_be_applied()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root to become another user");
        TestRun.NeedProgram("setpriv");
        using var directory = new TemporaryDirectory();
        string home = await MakeHomeAsync(directory);
        Outcome version = await AsUserAsync(home, "version");
        Skip.If(version.ExitCode is 126 or 127, $"another user cannot execute {TestRun.Current.Binary}");

        Outcome run = await AsUserAsync(home, "run", "--rm", "--pids-max", "40", "@busybox", "--", "echo", "unbounded");

        run.Ended(125).Output.ShouldBeEmpty();
        run.Error.ShouldContain("hearth: --pids-max cannot be applied: ");
        run.Error.ShouldContain("have systemd delegate the controllers to you (Delegate=memory cpu pids of user@.service), or leave --pids-max out.");
        Directory.EnumerateFileSystemEntries(Path.Combine(home, "templates")).ShouldBeEmpty();
    }

    /// <summary>With this run's kernels in it, which are much to download, and nothing else.</summary>
    private static async Task<string> MakeHomeAsync(TemporaryDirectory directory)
    {
        string home = directory["hearth"];
        Directory.CreateDirectory(home);
        (await HearthCommand.RunProgramAsync("cp", "-r", Path.Combine(TestRun.Current.Home, "kernels"), home)).Succeeded();
        (await HearthCommand.RunProgramAsync("chown", "-R", $"{User}:{User}", directory.Root)).Succeeded();
        return home;
    }

    private static Task<Outcome> AsUserAsync(string home, params string[] arguments) => HearthCommand.RunProgramAsync(
        "setpriv", ["--reuid", User, "--regid", User, "--clear-groups", "--", "env", $"HOME={Path.GetDirectoryName(home)}", $"HEARTH_HOME={home}", TestRun.Current.Binary, .. arguments]);
}

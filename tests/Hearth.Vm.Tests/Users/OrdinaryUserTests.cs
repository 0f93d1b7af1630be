using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Users;

/// <summary>A VM's whole life as a user who is not root, in a home of their own, while another home has a VM of the same name.</summary>
public sealed class OrdinaryUserTests
{
    /// <summary>Nobody has it: not in passwd, no files, no processes.</summary>
    private const string User = "54321";

    /// <summary>In a mount namespace of its own: a host may keep the device for root.</summary>
    private const string OpenTun = "mount -t tmpfs none /mnt && mknod -m 0666 /mnt/tun c 10 200 && mount --bind /mnt/tun /dev/net/tun; exec \"$@\"";

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

    [SkippableFact]
    public async Task What_an_ordinary_users_vm_may_reach_is_enforced_without_privilege()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root to become another user");
        TestRun.NeedNetwork();
        TestRun.NeedProgram("setpriv");
        TestRun.NeedProgram("nft");
        using var directory = new TemporaryDirectory();
        string home = await MakeHomeAsync(directory);
        Outcome version = await AsUserAsync(home, "version");
        Skip.If(version.ExitCode is 126 or 127, $"another user cannot execute {TestRun.Current.Binary}");
        Outcome started = await AsUserAsync(home, ["unshare", "-m", "sh", "-c", OpenTun, "sh"], "run", "-d", "--name", "kept", "--network", "rootless", "--egress", "none", "@busybox", "--", "sleep", "1000000");
        Skip.If(started.Error.Contains("/dev/net/tun", StringComparison.Ordinal), "an ordinary user is not let open even a /dev/net/tun of mode 0666");
        started.Succeeded();

        (await AsUserAsync(home, "exec", "kept", "nslookup", "-type=a", "user.example")).Output.ShouldContain("NXDOMAIN");
        (await AsUserAsync(home, "exec", "kept", "nc", "-w", "3", "192.0.2.1", "80")).Ended(1).Error.ShouldContain("refused");
        (await AsUserAsync(home, "egress", "set", "kept", "--allow", "192.0.2.1")).Succeeded();
        (await AsUserAsync(home, "egress", "show", "kept")).Succeeded().Lines.ShouldBe(["--egress list", "--allow 192.0.2.1"]);
        (await AsUserAsync(home, "rm", "-f", "kept")).Succeeded();
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

    private static Task<Outcome> AsUserAsync(string home, params string[] arguments) => AsUserAsync(home, [], arguments);

    /// <param name="outer">A program and its arguments that runs the rest as root.</param>
    private static Task<Outcome> AsUserAsync(string home, string[] outer, params string[] arguments) => HearthCommand.RunProgramAsync(
        outer.FirstOrDefault() ?? "setpriv", [.. outer.Skip(1), .. outer.Length > 0 ? (string[])["setpriv"] : [], "--reuid", User, "--regid", User, "--clear-groups", "--", "env", $"HOME={Path.GetDirectoryName(home)}", $"HEARTH_HOME={home}", TestRun.Current.Binary, .. arguments]);
}

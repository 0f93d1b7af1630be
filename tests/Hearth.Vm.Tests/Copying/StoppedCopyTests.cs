using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Copying;

/// <summary><c>cp</c> from and to VMs that do not run.</summary>
public sealed class StoppedCopyTests
{
    /// <summary>More than pipe, link and guest hold between them: once so much was taken, the guest writes.</summary>
    private const int UnderWay = 8 << 20;

    [SkippableFact]
    public async Task What_is_copied_to_a_created_vm_is_there_when_it_starts()
    {
        using TemporaryDirectory directory = new();
        Directory.CreateDirectory(directory["tree/deep"]);
        await File.WriteAllTextAsync(directory["tree/deep/file"], "first light");
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("create", "--name", name, "@busybox", "cat", "/root/tree/deep/file", "/root/tarred")).Succeeded();

        (await HearthCommand.RunAsync("cp", $"{name}:/etc/passwd", directory["passwd"])).Succeeded();
        (await File.ReadAllTextAsync(directory["passwd"])).ShouldContain("root:");
        Directory.GetFiles(Path.Combine(HostTraces.DirectoryOf(name), "disks")).ShouldBeEmpty("a disk that was only read stands in the way of a template");
        (await HearthCommand.RunAsync("cp", $"{name}:/no/such/file", directory.Root)).Ended(1).Error.ShouldBe(
            $"hearth: {name}:/no/such/file: no such file or directory.\n  Look with 'hearth cp {name}:DIRECTORY - | tar t'.\n");
        (await HearthCommand.RunWithInputAsync(TarBytes.Of("root/tarred", " and tar"u8.ToArray()), "cp", "-", $"{name}:/")).Succeeded();
        (await HearthCommand.RunAsync("cp", directory["tree"], $"{name}:/root")).Succeeded();

        (await StatusAsync(name)).ShouldBe("created");
        (await HearthCommand.RunAsync("start", "-a", name)).Succeeded().Output.ShouldBe("first light and tar");
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
    }

    [SkippableFact]
    public async Task Copies_leave_an_exited_vm_as_it_was()
    {
        TestRun.NeedProgram("e2fsck");
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "--name", name, "--restart", "on-failure:1", "@busybox", "--", "sh", "-c", "echo out >> /written; exit 3")).Ended(3);
        Seen before = await SeeAsync(name);

        TarBytes.ContentOf((await HearthCommand.RunAsync("cp", $"{name}:/written", "-")).Succeeded().OutputBytes).ShouldBe("out\nout\n"u8.ToArray());
        (await HearthCommand.RunWithInputAsync(TarBytes.Of("added", "in"u8.ToArray()), "cp", "-", $"{name}:/tmp")).Succeeded();

        (await SeeAsync(name)).ShouldBe(before);
        await HostTraces.NothingAsync(HostTraces.IdOf(name));
        await DiskIsCleanAsync(name);
        (await HearthCommand.RunAsync("cp", $"{name}:/tmp/added", "-")).Succeeded();
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
    }

    [SkippableFact]
    public async Task Copies_at_the_same_time_share_one_guest()
    {
        using TemporaryDirectory directory = new();
        byte[] content = new byte[UnderWay];
        Random.Shared.NextBytes(content);
        string name = await CreatedAsync();
        (await HearthCommand.RunWithInputAsync(TarBytes.Of("from", content), "cp", "-", $"{name}:/tmp")).Succeeded();

        // If they took turns, the first would wait for the second to read, and the second for the first to end.
        string script = $"'{TestRun.Current.Binary}' cp {name}:/tmp/from - | '{TestRun.Current.Binary}' cp - {name}:/root";
        (await HearthCommand.RunProgramAsync("sh", "-c", script)).Succeeded();

        (await HearthCommand.RunAsync("cp", $"{name}:/root/from", directory["back"])).Succeeded();
        (await File.ReadAllBytesAsync(directory["back"])).ShouldBe(content);
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
    }

    [SkippableFact]
    public async Task A_start_waits_for_a_copy_and_a_removal_is_refused()
    {
        string name = await CreatedAsync("cat", "/root/late");
        byte[] archive = TarBytes.Of("late", new byte[UnderWay]);
        using HearthCommand copy = HearthCommand.Start("cp", "-", $"{name}:/root");
        await copy.Input.WriteAsync(archive.AsMemory(0, UnderWay / 2));

        (await HearthCommand.RunAsync("rm", name)).Ended(1).Error.ShouldBe(
            $"hearth: VM {name} is busy: 'hearth cp' copies its files.\n  Wait for its end; 'hearth rm -f {name}' ends it, with the VM.\n");
        (await HearthCommand.RunAsync("exec", name, "true")).Ended(1).Error.ShouldStartWith($"hearth: VM {name} is created, not running.");
        using HearthCommand start = HearthCommand.Start("start", "-a", name);
        await start.ErrorAsync($"hearth: waiting until 'hearth cp' has copied the files of VM {name}");
        await copy.Input.WriteAsync(archive.AsMemory(UnderWay / 2));
        copy.Input.Close();

        (await copy.EndAsync()).Succeeded();
        (await start.EndAsync()).Succeeded().OutputBytes.Length.ShouldBe(UnderWay);
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
    }

    [SkippableFact]
    public async Task A_forced_removal_ends_a_copy()
    {
        string name = await CreatedAsync();
        string id = HostTraces.IdOf(name);
        using HearthCommand copy = HearthCommand.Start("cp", "-", $"{name}:/root");
        await copy.Input.WriteAsync(TarBytes.Of("late", new byte[UnderWay]).AsMemory(0, UnderWay / 2));

        (await HearthCommand.RunAsync("rm", "-f", name)).Succeeded();

        copy.Input.Close();
        (await copy.EndAsync()).ExitCode.ShouldNotBe(0);
        await HostTraces.NothingAsync(id);
        Directory.Exists(Path.Combine(TestRun.Current.Home, "vms", id)).ShouldBeFalse();
    }

    [SkippableFact]
    public async Task A_copy_whose_client_is_killed_leaves_nothing_and_a_clean_disk()
    {
        TestRun.NeedProgram("e2fsck");
        string name = await CreatedAsync();
        string state = await StateAsync(name);
        using HearthCommand copy = HearthCommand.Start("cp", "-", $"{name}:/root");
        await copy.Input.WriteAsync(TarBytes.Of("late", new byte[UnderWay]).AsMemory(0, UnderWay / 2));

        copy.Kill();

        await HostTraces.NothingAsync(HostTraces.IdOf(name));
        File.Exists(Path.Combine(HostTraces.DirectoryOf(name), "copying")).ShouldBeFalse();
        (await StateAsync(name)).ShouldBe(state);
        await DiskIsCleanAsync(name);
        (await HearthCommand.RunAsync("start", "-a", name)).Succeeded();
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
    }

    [SkippableFact]
    public async Task A_copy_whose_supervisor_is_killed_fails_and_the_next_command_cleans_up()
    {
        string name = await CreatedAsync();
        string id = HostTraces.IdOf(name);
        using HearthCommand copy = HearthCommand.Start("cp", "-", $"{name}:/root");
        await copy.Input.WriteAsync(TarBytes.Of("late", new byte[UnderWay]).AsMemory(0, UnderWay / 2));

        HostTraces.Kill(HostTraces.Processes($"supervisor\0{id}").ShouldHaveSingleItem());

        copy.Input.Close();
        (await copy.EndAsync()).Ended(125).Error.ShouldBe(
            "hearth: The VM's supervisor closed the connection before the copy ended.\n  'hearth ps -a' shows whether the VM still runs.\n");
        (await StatusAsync(name)).ShouldBe("created");
        await HostTraces.NothingAsync(id);
        (await HearthCommand.RunAsync("cp", $"{name}:/etc/passwd", "-")).Succeeded();
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
    }

    [SkippableFact]
    public async Task Disks_that_are_not_the_users_to_change_are_refused()
    {
        string suspended = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", suspended, "@busybox", "sleep", "1000000")).Succeeded();
        (await HearthCommand.RunAsync("suspend", suspended)).Succeeded();
        string readOnly = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("create", "--read-only", "--name", readOnly, "@busybox", "true")).Succeeded();
        byte[] archive = TarBytes.Of("x", [1]);

        (await HearthCommand.RunWithInputAsync(archive, "cp", "-", $"{suspended}:/root")).Ended(1).Error.ShouldBe(
            $"hearth: VM {suspended} is suspended: its disk belongs to its memory.\n  'hearth resume {suspended}' lets it go on; then copy.\n");
        (await HearthCommand.RunWithInputAsync(archive, "cp", "-", $"{readOnly}:/root")).Ended(1).Error.ShouldBe(
            $"hearth: The root of VM {readOnly} is read-only.\n  Nothing can be copied into it; make a VM without --read-only.\n");
        (await HearthCommand.RunAsync("rm", suspended, readOnly)).Succeeded();
    }

    private static async Task<string> CreatedAsync(params string[] command)
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync(["create", "--name", name, "@busybox", .. command.Length > 0 ? command : ["true"]])).Succeeded();
        return name;
    }

    private static async Task<string> StatusAsync(string name) =>
        (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Status}}", name)).Succeeded().Line;

    private static Task<string> StateAsync(string name) => File.ReadAllTextAsync(Path.Combine(HostTraces.DirectoryOf(name), "state.json"));

    private static async Task<Seen> SeeAsync(string name)
    {
        string events = (await HearthCommand.RunAsync("events", "--since", "1h", "--until", "0s", "--filter", $"container={name}")).Succeeded().Output;
        string console = await File.ReadAllTextAsync(Path.Combine(HostTraces.DirectoryOf(name), "console.log"));
        return new Seen(await StateAsync(name), (await HearthCommand.RunAsync("inspect", name)).Succeeded().Output, events, console);
    }

    private static async Task DiskIsCleanAsync(string name)
    {
        string disk = Path.Combine(HostTraces.DirectoryOf(name), "disks", "writable.img");
        (await HearthCommand.RunProgramAsync("dumpe2fs", "-h", disk)).Succeeded().Output.ShouldNotContain("needs_recovery");
        (await HearthCommand.RunProgramAsync("e2fsck", "-fn", disk)).Succeeded();
    }

    private sealed record Seen(string State, string Inspection, string Events, string Console);
}

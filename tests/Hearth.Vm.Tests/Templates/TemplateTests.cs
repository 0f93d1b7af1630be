using System.Text.Json;
using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Templates;

/// <summary>Each test has a size of memory of its own, and so templates of its own. Alone, because some templates are removed and counted.</summary>
[Collection(AloneCollection.Name)]
public sealed class TemplateTests
{
    private const string KilledName = "killed-in-template";

    [SkippableFact]
    public async Task The_first_run_makes_a_template_and_the_second_restores_it()
    {
        await ForgetAsync("301M");
        (await StagesOfRunAsync("301M")).ShouldContain("load", "the first run is the template's first child");
        string key = (await KeysAsync("301M")).ShouldHaveSingleItem();

        string[] stages = await StagesOfRunAsync("301M");

        stages.ShouldContain("load");
        stages.ShouldNotContain("boot");
        (await KeysAsync("301M")).ShouldBe([key]);
    }

    [SkippableFact]
    public async Task No_template_boots_and_makes_none()
    {
        await ForgetAsync("302M");

        string[] stages = await StagesOfRunAsync("302M", "--no-template");

        stages.ShouldContain("boot");
        stages.ShouldNotContain("load");
        (await KeysAsync("302M")).ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Prepare_makes_the_template_that_a_run_uses()
    {
        await ForgetAsync("303M");
        Outcome prepared = (await HearthCommand.RunAsync("prepare", "-m", "303M", "@busybox")).Succeeded();
        string key = (await KeysAsync("303M")).ShouldHaveSingleItem();

        prepared.Line.ShouldBe(key);
        prepared.Error.ShouldContain("booting a template of @busybox");
        Outcome again = (await HearthCommand.RunAsync("prepare", "-m", "303M", "@busybox")).Succeeded();
        again.Line.ShouldBe(key);
        again.Error.ShouldBeEmpty("there is nothing to do");
        (await StagesOfRunAsync("303M")).ShouldContain("load");
        (await HearthCommand.RunAsync("prepare", "-m", "304M", "@busybox")).Succeeded().Line.ShouldNotBe(key, "another size is another shape");
        (await HearthCommand.RunAsync("prepare", "-m", "303M", "-c", "2", "@busybox")).Succeeded().Line.ShouldNotBe(key, "as is another number of CPUs");
    }

    [SkippableFact]
    public async Task Concurrent_first_runs_make_one_template()
    {
        await ForgetAsync("305M");

        Outcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 3).Select(static i => HearthCommand.RunAsync("run", "--rm", "-m", "305M", "@busybox", "echo", $"run {i}")));

        outcomes.Select(static outcome => outcome.Succeeded().Line).ShouldBe(["run 0", "run 1", "run 2"]);
        outcomes.ShouldAllBe(static outcome => outcome.Error.Length == 0);
        (await KeysAsync("305M")).Length.ShouldBe(1);
    }

    [SkippableTheory]
    [InlineData("run", "--rm", "--name", KilledName, "-m", "306M", "@busybox", "true")]
    [InlineData("prepare", "-m", "306M", "@busybox")]
    public async Task A_client_that_is_killed_while_the_template_boots_leaves_nothing(params string[] command)
    {
        await ForgetAsync("306M");
        string id;
        using (FileChanges changes = new(TestRun.Current.Home))
        {
            using HearthCommand client = HearthCommand.Start(command);
            await changes.UntilAsync(static () => Consoles().Length > 0);
            id = IdOfBuilder();
            HostTraces.Processes($"guest=hearth-{id}").ShouldNotBeEmpty("the guest boots");
            client.Kill();
            await client.EndAsync();
        }

        await HostTraces.NoProcessAsync(id);
        (await HearthCommand.RunAsync("ps", "-aq", "--no-trunc")).Succeeded().Lines.ShouldNotContain(id);
        Outcome next = (await HearthCommand.RunAsync("run", "--rm", "-m", "306M", "@busybox", "echo", "next")).Succeeded();
        next.Line.ShouldBe("next");
        next.Error.ShouldBeEmpty();
        (await HearthCommand.RunAsync("prune", "--force", "--filter", "label=nobody")).Succeeded();
        await HostTraces.NothingAsync(id);
        Directory.EnumerateFileSystemEntries(Path.Combine(TestRun.Current.Home, "staging")).ShouldBeEmpty();
        (await KeysAsync("306M")).Length.ShouldBe(1);
    }

    [SkippableFact]
    public async Task An_interrupted_preparation_leaves_nothing_without_any_sweep()
    {
        await ForgetAsync("307M");
        using FileChanges changes = new(TestRun.Current.Home);
        using HearthCommand client = HearthCommand.Start("prepare", "-m", "307M", "@busybox");
        await changes.UntilAsync(static () => Consoles().Length > 0);
        string id = IdOfBuilder();

        (await HearthCommand.RunProgramAsync("kill", "-INT", $"{client.ProcessId}")).Succeeded();

        (await client.EndAsync()).Ended(130).Output.ShouldBeEmpty();
        await HostTraces.NothingAsync(id);
        Directory.EnumerateFileSystemEntries(Path.Combine(TestRun.Current.Home, "staging")).ShouldBeEmpty();
        (await KeysAsync("307M")).ShouldBeEmpty();
    }

    [SkippableTheory]
    [InlineData("device.state")]
    [InlineData("manifest.json")]
    [InlineData("disk-0")]
    public async Task A_template_that_is_damaged_is_removed_and_the_run_has_the_right_result(string file)
    {
        await ForgetAsync("308M");
        string key = (await HearthCommand.RunAsync("prepare", "-m", "308M", "@busybox")).Succeeded().Line;
        string path = Path.Combine(TestRun.Current.Home, "templates", key, file);
        if (file == "disk-0")
        {
            File.Delete(path);
        }
        else
        {
            using FileStream damaged = new(path, FileMode.Open, FileAccess.Write);
            damaged.SetLength(damaged.Length / 2);
        }

        Outcome outcome = (await HearthCommand.RunAsync("run", "--rm", "-m", "308M", "@busybox", "echo", "right")).Succeeded();

        outcome.Output.ShouldBe("right\n");
        bool isUnreadable = file == "manifest.json";
        outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(isUnreadable ? 0 : 1, outcome.ToString());
        (await KeysAsync("308M")).Length.ShouldBe(isUnreadable ? 1 : 0, "an unreadable one is made again at once");
        if (!isUnreadable)
        {
            outcome.Error.ShouldStartWith("hearth: the template of @busybox could not be used and was removed; the VM boots instead: ");
        }
    }

    [SkippableFact]
    public async Task A_memory_that_was_changed_is_never_used()
    {
        await ForgetAsync("309M");
        string key = (await HearthCommand.RunAsync("prepare", "-m", "309M", "@busybox")).Succeeded().Line;
        string memory = Path.Combine(TestRun.Current.Home, "templates", key, "memory");
        DateTime before = File.GetLastWriteTimeUtc(memory);
        using (FileStream file = new(memory, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = 200 << 20;
            file.WriteByte(1);
        }

        (await HearthCommand.RunAsync("run", "--rm", "-m", "309M", "@busybox", "echo", "right")).Succeeded().Output.ShouldBe("right\n");

        File.GetLastWriteTimeUtc(memory).ShouldBeGreaterThan(before, "it was made again");
    }

    [SkippableFact]
    public async Task A_stopped_vm_boots_from_its_own_disk_and_finds_its_files()
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", name, "@busybox", "sleep", "1000")).Succeeded();
        (await HearthCommand.RunAsync("exec", name, "sh", "-c", "echo kept > /kept")).Succeeded();
        (await HearthCommand.RunAsync("stop", "-t", "1", name)).Succeeded();

        (await HearthCommand.RunAsync("start", name)).Succeeded();

        (await HearthCommand.RunAsync("exec", name, "cat", "/kept")).Succeeded().Line.ShouldBe("kept");
        (await StagesAsync(name)).ShouldContain("boot");
        (await HearthCommand.RunAsync("rm", "-f", name)).Succeeded();
    }

    [SkippableFact]
    public async Task Running_vms_are_not_disturbed_when_their_template_goes_for_want_of_budget()
    {
        string name = TestRun.Current.NewName();
        await ForgetAsync("311M");
        (await HearthCommand.RunAsync("run", "-d", "--name", name, "-m", "311M", "@busybox", "sleep", "1000")).Succeeded();
        string before = (await KeysAsync("311M")).ShouldHaveSingleItem();

        Outcome prepared = await HearthCommand.RunProgramAsync(
            "env", "HEARTH_TEMPLATE_BUDGET=0", TestRun.Current.Binary, "prepare", "-m", "312M", "@busybox");

        prepared.Succeeded();
        (await HearthCommand.RunAsync("template", "ls", "-q", "--no-trunc")).Succeeded().Lines.ShouldBe([prepared.Line], "the new one alone stays");
        Directory.Exists(Path.Combine(TestRun.Current.Home, "templates", before)).ShouldBeFalse();
        (await HearthCommand.RunAsync("exec", name, "sh", "-c", "md5sum /bin/busybox >/dev/null; ls / | wc -l")).Succeeded();
        (await HearthCommand.RunAsync("rm", "-f", name)).Succeeded();
    }

    [SkippableFact]
    public async Task Prune_and_rm_say_what_they_remove()
    {
        string first = (await HearthCommand.RunAsync("prepare", "-m", "313M", "@busybox")).Succeeded().Line;
        string last = (await HearthCommand.RunAsync("prepare", "-m", "314M", "@busybox")).Succeeded().Line;
        long size = long.Parse((await HearthCommand.RunAsync("template", "inspect", "-f", "{{.Size}}", last)).Succeeded().Line, System.Globalization.CultureInfo.InvariantCulture);

        Outcome pruned = (await HearthCommand.RunAsync("template", "prune", "-f", "--keep", $"{size + 100}")).Succeeded();

        pruned.Output.ShouldStartWith("Deleted Templates:\n");
        pruned.Output.ShouldContain($"{first[..12]} @busybox\n");
        pruned.Lines[^1].ShouldStartWith("Total reclaimed space: ");
        (await HearthCommand.RunAsync("template", "ls", "-q")).Succeeded().Lines.ShouldBe([last[..12]]);
        (await HearthCommand.RunAsync("template", "rm", last[..8])).Succeeded().Line.ShouldBe(last);
        (await HearthCommand.RunAsync("template", "rm", last)).Ended(1).Error.ShouldContain($"No such template: {last}");
        (await HearthCommand.RunAsync("template", "prune")).Ended(1).Error.ShouldContain("Use 'hearth template prune --force'.");
    }

    private static string[] Consoles() =>
        [.. Directory.EnumerateDirectories(Path.Combine(TestRun.Current.Home, "staging"), "template-*")
            .Select(static directory => Path.Combine(directory, "template", "console.log")).Where(static path => File.Exists(path) && new FileInfo(path).Length > 0)];

    /// <summary>Whose VMM the template is made with: a preparation's mark names it, and a run has its own.</summary>
    private static string IdOfBuilder() =>
        Directory.GetDirectories(Path.Combine(TestRun.Current.Home, "staging"), "preparation-*") is [var mark]
            ? File.ReadLines(Path.Combine(mark, "vmm")).First()
            : HostTraces.IdOf(KilledName);

    private static async Task ForgetAsync(string memory)
    {
        foreach (string key in await KeysAsync(memory))
        {
            (await HearthCommand.RunAsync("template", "rm", key)).Succeeded();
        }
    }

    /// <summary>Keys of the templates with so much memory.</summary>
    private static async Task<string[]> KeysAsync(string memory) =>
        [.. (await HearthCommand.RunAsync("template", "ls", "--no-trunc", "--format", "{{.Memory}} {{.Key}}")).Succeeded().Lines
            .Where(line => line.StartsWith($"{memory}iB ", StringComparison.Ordinal)).Select(static line => line.Split(' ')[1])];

    private static async Task<string[]> StagesOfRunAsync(string memory, params string[] options)
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync(["run", "--name", name, "-m", memory, .. options, "@busybox", "echo", "hello"])).Succeeded().Output.ShouldBe("hello\n");
        string[] stages = await StagesAsync(name);
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
        return stages;
    }

    private static async Task<string[]> StagesAsync(string name)
    {
        using JsonDocument stages = JsonDocument.Parse((await HearthCommand.RunAsync("inspect", "--format", "{{json .Hearth.StartStages}}", name)).Succeeded().Output);
        return [.. stages.RootElement.EnumerateObject().Select(static stage => stage.Name)];
    }
}

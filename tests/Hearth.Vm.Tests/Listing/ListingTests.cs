using System.Formats.Tar;
using System.Globalization;
using System.Text.Json;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Listing;

public sealed class ListingTests
{
    [SkippableFact]
    public async Task Ps_shows_filters_and_formats()
    {
        string name = await LazyVm.Shared.NameAsync();
        string stopped = TestRun.Current.NewName();
        string id = (await HearthCommand.RunAsync("create", "--name", stopped, "--label", "kind=idle", "@busybox", "true")).Succeeded().Line;

        (await HearthCommand.RunAsync("ps", "--format", "{{.Names}}")).Succeeded().Lines.ShouldContain(name);
        (await HearthCommand.RunAsync("ps", "--format", "{{.Names}}")).Succeeded().Lines.ShouldNotContain(stopped);
        (await HearthCommand.RunAsync("ps", "-a", "--format", "{{.Names}} {{.State}}")).Succeeded().Lines.ShouldContain($"{stopped} created");
        (await HearthCommand.RunAsync("ps", "--filter", "label=kind=shared", "--format", "{{.Names}} {{.Image}}")).Succeeded().Lines.ShouldBe([$"{name} @busybox"]);
        (await HearthCommand.RunAsync("ps", "-aq", "--filter", $"name={stopped}")).Succeeded().Lines.ShouldBe([id[..12]]);
        (await HearthCommand.RunAsync("ps")).Succeeded().Lines[0].ShouldStartWith("CONTAINER ID");
        string json = (await HearthCommand.RunAsync("ps", "-a", "--filter", $"name={stopped}", "--format", "json")).Succeeded().Line;
        JsonDocument.Parse(json).RootElement.ToString().ShouldContain(stopped);
        (await HearthCommand.RunAsync("rm", id[..12])).Succeeded();
    }

    [SkippableFact]
    public async Task Logs_are_cut_followed_and_stamped_with_streams_apart()
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", name, "@busybox", "--", "sh", "-c", "for n in 1 2 3 4; do echo line $n; done; echo bad >&2; mkfifo /go; read word < /go; echo $word; exit 2")).Succeeded();
        using (HearthCommand whole = HearthCommand.Start("logs", "-f", name))
        {
            await whole.ErrorAsync("bad");
        }

        using HearthCommand follow = HearthCommand.Start("logs", "-f", "--tail", "2", name);

        await follow.OutputAsync("line 4");

        // Its exit code says nothing: the container ends with the word, and takes this command along.
        await HearthCommand.RunAsync("exec", name, "sh", "-c", "until [ -p /go ]; do :; done; echo last > /go");
        Outcome followed = (await follow.EndAsync()).Succeeded();
        Outcome all = (await HearthCommand.RunAsync("logs", name)).Succeeded();
        Outcome stamped = (await HearthCommand.RunAsync("logs", "--timestamps", "--tail", "1", name)).Succeeded();

        all.Lines.ShouldBe(["line 1", "line 2", "line 3", "line 4", "last"]);
        all.Error.ShouldBe("bad\n");
        followed.Lines[^1].ShouldBe("last");
        followed.Lines.ShouldNotContain("line 1");
        string[] words = stamped.Line.Split(' ');
        words[^1].ShouldBe("last");
        DateTimeOffset.Parse(words[0], CultureInfo.InvariantCulture).ShouldBeInRange(TimeProvider.System.GetUtcNow().AddMinutes(-10), TimeProvider.System.GetUtcNow());
        (await HearthCommand.RunAsync("logs", "--since", "2099-01-01T00:00:00Z", name)).Succeeded().Output.ShouldBeEmpty();
        (await HearthCommand.RunAsync("rm", name)).Succeeded();
    }

    [SkippableFact]
    public async Task Top_lists_the_processes_of_the_container()
    {
        (await HearthCommand.RunAsync("top", await LazyVm.Shared.NameAsync())).Succeeded().Output.ShouldContain("sleep 1000000");
    }

    [SkippableFact]
    public async Task Stats_are_shown_once()
    {
        string name = await LazyVm.Shared.NameAsync();

        Outcome outcome = (await HearthCommand.RunAsync("stats", "--no-stream", name)).Succeeded();

        outcome.Lines.Length.ShouldBe(2, outcome.ToString());
        outcome.Lines[1].ShouldContain(name);
        outcome.Lines[1].ShouldContain("iB / ");
    }

    [SkippableFact]
    public async Task Inspect_is_a_json_list_and_takes_templates()
    {
        string name = await LazyVm.Shared.NameAsync();

        JsonElement vm = JsonDocument.Parse((await HearthCommand.RunAsync("inspect", name)).Succeeded().Output).RootElement[0];

        vm.GetProperty("Name").GetString().ShouldBe(name);
        vm.GetProperty("State").GetProperty("Running").GetBoolean().ShouldBeTrue();
        (await HearthCommand.RunAsync("inspect", "-f", "{{.Config.Hostname}} {{json .Config.Cmd}}", name)).Succeeded().Line.ShouldBe("box [\"sleep\",\"1000000\"]");
    }

    [SkippableFact]
    public async Task Events_tell_a_vms_life_in_order()
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "--rm", "--name", name, "@busybox", "true")).Succeeded();

        string now = TimeProvider.System.GetUtcNow().ToString("O");
        Outcome outcome = (await HearthCommand.RunAsync("events", "--since", "10m", "--until", now, "--filter", $"container={name}", "--format", "{{.Action}}")).Succeeded();

        outcome.Lines.ShouldBe(["create", "start", "die", "destroy"]);
    }

    [SkippableFact]
    public async Task Creation_and_renaming_are_events_with_labels_and_both_names()
    {
        string name = TestRun.Current.NewName(), renamed = TestRun.Current.NewName();
        string id = (await HearthCommand.RunAsync("create", "--name", name, "--label", "kind=told", "@busybox", "true")).Succeeded().Line;
        (await HearthCommand.RunAsync("rename", name, renamed)).Succeeded();
        (await HearthCommand.RunAsync("rm", renamed)).Succeeded();

        string now = TimeProvider.System.GetUtcNow().ToString("O");
        const string Format = "{{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.kind}} {{.Actor.Attributes.oldName}}";
        Outcome outcome = (await HearthCommand.RunAsync("events", "--since", "10m", "--until", now, "--filter", $"container={id}", "--format", Format)).Succeeded();

        outcome.Lines.Select(static line => line.Replace(" <no value>", "", StringComparison.Ordinal)).ShouldBe([$"create {name} told", $"rename {renamed} told {name}", $"destroy {renamed} told"]);
    }

    [SkippableFact]
    public async Task The_machine_and_the_version_are_described()
    {
        await LazyVm.Shared.NameAsync();

        (await HearthCommand.RunAsync("version")).Succeeded().Output.ShouldContain("hearth");
        (await HearthCommand.RunAsync("info")).Succeeded().Output.ShouldContain(TestRun.Current.Home);
        (await HearthCommand.RunAsync("doctor")).Output.ShouldContain("qemu");
        foreach (string shell in (string[])["bash", "zsh", "fish"])
        {
            (await HearthCommand.RunAsync("completion", shell)).Succeeded().Output.ShouldContain("hearth");
        }
    }

    [SkippableFact]
    public async Task Copies_go_both_ways_as_files_directories_and_tar()
    {
        string name = await LazyVm.Shared.NameAsync();
        using var directory = new TemporaryDirectory();
        byte[] content = [.. Enumerable.Range(0, 300_000).Select(static value => (byte)(value * 7))];
        Directory.CreateDirectory(directory["tree/deep"]);
        await File.WriteAllBytesAsync(directory["tree/deep/file"], content);

        (await HearthCommand.RunAsync("cp", directory["tree"], $"{name}:/copied")).Succeeded();
        (await LazyVm.Shared.ShellAsync("wc -c < /copied/deep/file")).Succeeded().Line.Trim().ShouldBe("300000");
        (await HearthCommand.RunAsync("cp", $"{name}:/copied/deep/file", directory["back"])).Succeeded();
        (await File.ReadAllBytesAsync(directory["back"])).ShouldBe(content);
        (await HearthCommand.RunAsync("cp", $"{name}:/copied", directory.Root)).Succeeded();
        (await File.ReadAllBytesAsync(directory["copied/deep/file"])).ShouldBe(content);

        byte[] tar = (await HearthCommand.RunAsync("cp", $"{name}:/copied/deep/file", "-")).Succeeded().OutputBytes;
        using (var reader = new TarReader(new MemoryStream(tar)))
        {
            TarEntry entry = reader.GetNextEntry()!;
            entry.Name.ShouldBe("file");
            entry.Length.ShouldBe(content.Length);
        }

        (await LazyVm.Shared.ShellAsync("mkdir -p /untarred")).Succeeded();
        (await HearthCommand.RunWithInputAsync(tar, "cp", "-", $"{name}:/untarred")).Succeeded();
        (await LazyVm.Shared.ShellAsync("cmp /untarred/file /copied/deep/file")).Succeeded();
        (await HearthCommand.RunAsync("cp", $"{name}:/no/such/file", directory.Root)).Ended(1).Error.ShouldContain("/no/such/file");
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Harness;
using Hearth.Vm.Tests.Images;

namespace Hearth.Vm.Tests.Pools;

/// <summary>VMs that stand ready. Alone, because spares are counted; of a size of memory that no other test has, so that nobody else takes one.</summary>
[Collection(AloneCollection.Name)]
public sealed class PoolTests : IAsyncLifetime
{
    private const string Size = "331M";

    private static string Spares => Path.Combine(TestRun.Current.Home, "spares");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (Directory.Exists(Path.Combine(TestRun.Current.Home, "pools")))
        {
            await HearthCommand.RunAsync("pool", "set", "@busybox", "-n", "0");
        }
    }

    [SkippableFact]
    public async Task A_run_takes_a_spare_and_the_pool_is_filled_again()
    {
        string[] before = await SetAsync(2);
        before.Length.ShouldBe(2);
        using FileChanges changes = new(TestRun.Current.Home);

        string id = await StartAsync("sleep", "1000");

        before.ShouldContain(id);
        await changes.UntilAsync(() => Ready().Except(before).Any());
        Ready().Length.ShouldBe(2);
        (await RowAsync()).ShouldBe("2 2 0");
        await RemoveAsync(id);
    }

    [SkippableFact]
    public async Task Concurrent_runs_take_different_spares_and_one_without_a_spare_starts_as_ever()
    {
        string[] before = await SetAsync(2);

        string[] ids = await Task.WhenAll(Enumerable.Range(0, 4).Select(static _ => StartAsync("sleep", "1000")));

        ids.Distinct().Count().ShouldBe(4);
        ids.Intersect(before).Count().ShouldBe(2);
        await RemoveAsync(ids);
    }

    [SkippableFact]
    public async Task A_spare_has_the_policy_of_the_run_that_takes_it_before_its_container_runs()
    {
        TestRun.NeedNetwork();
        TestRun.NeedProgram("nft");
        string[] before = await SetAsync(1);

        string id = (await HearthCommand.RunAsync("run", "-d", "-m", Size, "--egress", "none", "@busybox", "--", "sh", "-c", "nslookup -type=a spare.example; echo asked; sleep 1000")).Succeeded().Line;

        before.ShouldContain(id);
        using HearthCommand logs = HearthCommand.Start("logs", "-f", id);
        await logs.OutputAsync("asked\n");
        logs.OutputSoFar.ShouldContain("NXDOMAIN");
        (await HearthCommand.RunAsync("egress", "log", id)).Succeeded().Output.ShouldContain("deny  dns spare.example (--egress none)");
        await RemoveAsync(id);
    }

    [SkippableFact]
    public async Task A_vm_from_the_pool_is_itself_and_knows_the_time()
    {
        string[] before = await SetAsync(2);
        const string Script = "hostname; od -An -tx1 -N16 /dev/urandom; cat /proc/sys/kernel/hostname; cat /etc/hostname; date +%s";

        // The guest's clock is read between two readings of the host's; 50 ms is what it may be off.
        DateTimeOffset earliest = TimeProvider.System.GetUtcNow().AddMilliseconds(-50);
        Outcome[] outcomes = await Task.WhenAll(new[] { "first", "second" }.Select(static name => HearthCommand.RunAsync(
            "run", "--rm", "-m", Size, "--hostname", name, "@busybox", "sh", "-c", Script)));
        DateTimeOffset latest = TimeProvider.System.GetUtcNow().AddMilliseconds(50);

        before.Length.ShouldBe(2);
        string[][] lines = [.. outcomes.Select(static outcome => outcome.Succeeded().Lines)];
        lines[0][0].ShouldBe("first");
        lines[1][0].ShouldBe("second");
        lines[0][1].ShouldNotBe(lines[1][1], "random numbers");
        lines.ShouldAllBe(static l => l[0] == l[2] && l[0] == l[3]);
        lines.ShouldAllBe(l => long.Parse(l[4], CultureInfo.InvariantCulture) >= earliest.ToUnixTimeSeconds() && long.Parse(l[4], CultureInfo.InvariantCulture) <= latest.ToUnixTimeSeconds());
    }

    [SkippableFact]
    public async Task A_spare_that_stood_for_a_while_has_the_hosts_time()
    {
        string before = (await SetAsync(1)).ShouldHaveSingleItem();
        (await HearthCommand.RunAsync("run", "--rm", "--no-template", "@busybox", "true")).Succeeded(); // A boot: seconds.
        string name = TestRun.Current.NewName();
        const string Script = "n=0; while read -r line; do n=$((n+1)); echo time=$(adjtimex | sed -n 's/.*time.tv_u*sec: *//p' | tr '\\n' ' ')=$n.; done";
        using HearthCommand run = HearthCommand.Start("run", "-i", "--name", name, "-m", Size, "@busybox", "sh", "-c", Script);

        // Asked several times, because the answer is only as exact as it is quick: the guest's clock is read between two readings of the host's.
        TimeSpan[] off = [.. await OffsetsAsync(run, 5)];

        HostTraces.IdOf(name).ShouldBe(before);
        off.Min().ShouldBeLessThan(TimeSpan.FromMilliseconds(50));
        run.Input.Close();
        (await run.EndAsync()).Succeeded();
        await RemoveAsync(name);
    }

    [SkippableFact]
    public async Task A_vm_from_the_pool_has_a_terminal_when_that_was_asked_for()
    {
        string before = (await SetAsync(1)).ShouldHaveSingleItem();
        string name = TestRun.Current.NewName();

        Outcome outcome = (await HearthCommand.RunAsync("run", "-t", "--name", name, "-m", Size, "@busybox", "sh", "-c", "test -t 0 && test -t 1 && tty")).Succeeded();

        outcome.Output.ShouldStartWith("/dev/");
        outcome.Output.ShouldEndWith("\r\n");
        HostTraces.IdOf(name).ShouldBe(before);
        await RemoveAsync(name);
    }

    [SkippableFact]
    public async Task Vms_from_the_pool_have_machine_ids_of_their_own()
    {
        string image = await DatabaseImage.SqliteAsync();
        (await HearthCommand.RunAsync("pool", "set", image, "-n", "2", "-m", Size)).Succeeded();
        string[] before = Ready();
        string[] names = [TestRun.Current.NewName(), TestRun.Current.NewName()];

        Outcome[] outcomes = await Task.WhenAll(names.Select(name => HearthCommand.RunAsync("run", "--name", name, "-m", Size, image, "cat", "/etc/machine-id")));

        names.Select(HostTraces.IdOf).ShouldBe(before, ignoreOrder: true);
        (await HearthCommand.RunAsync("pool", "rm", image)).Succeeded();
        string[] ids = [.. outcomes.Select(static outcome => outcome.Succeeded().Line)];
        ids.ShouldAllBe(static id => id.Length == 32);
        ids.Append("00000000000000000000000000000001").Distinct().Count().ShouldBe(3);
        await RemoveAsync(names);
    }

    [SkippableTheory]
    [InlineData("", true)]
    [InlineData("-e A=b", true)]
    [InlineData("-i -u 1000 -w /tmp --hostname other", true)]
    [InlineData("--label a=b", true)]
    [InlineData("--no-template", false)]
    [InlineData("--pids-max 1000", false)]
    [InlineData("-c 2", false)]
    public async Task Options_that_change_the_guest_before_it_starts_take_no_spare(string options, bool takes)
    {
        string[] before = await SetAsync(1);
        string[] words = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string name = TestRun.Current.NewName();

        Outcome run = await HearthCommand.RunAsync(["run", "-d", "--name", name, "-m", Size, .. words, "@busybox", "sleep", "1000"]);

        await RemoveAsync(name);
        Skip.If(run.ExitCode == 125 && run.Error.Contains("cannot be applied", StringComparison.Ordinal), run.Error);
        before.Contains(run.Succeeded().Line).ShouldBe(takes);
    }

    [SkippableFact]
    public async Task The_streams_and_the_exit_code_of_a_vm_from_the_pool_are_its_own()
    {
        await SetAsync(1);

        Outcome outcome = await HearthCommand.RunWithInputAsync("in\n"u8.ToArray(), "run", "-i", "--rm", "-m", Size, "@busybox", "sh", "-c", "cat; echo err >&2; exit 7");

        outcome.Ended(7).Output.ShouldBe("in\n");
        outcome.Error.ShouldBe("err\n");
    }

    [SkippableTheory]
    [InlineData("supervisor")]
    [InlineData("vmm")]
    public async Task A_spare_that_was_killed_is_swept_and_replaced(string role)
    {
        string id = (await SetAsync(1)).ShouldHaveSingleItem();

        HostTraces.Kill(ProcessOf(id, role));
        await HostTraces.NoProcessAsync($"hearth-{id}");

        (await HearthCommand.RunAsync("run", "--rm", "-m", Size, "@busybox", "echo", "runs")).Succeeded().Line.ShouldBe("runs");
        (await SetAsync(1)).ShouldNotContain(id);
        await HostTraces.NothingAsync(id);
        Directory.Exists(Path.Combine(TestRun.Current.Home, "vms", id)).ShouldBeFalse();
    }

    [SkippableFact]
    public async Task A_client_that_is_killed_takes_its_vm_from_the_pool_along()
    {
        string id = (await SetAsync(1)).ShouldHaveSingleItem();
        using Process supervisor = Process.GetProcessById(ProcessOf(id, "supervisor"));
        using HearthCommand client = HearthCommand.Start("run", "--rm", "-m", Size, "@busybox", "sh", "-c", "echo up; sleep 1000");
        await client.OutputAsync("up");

        client.Kill();
        await client.EndAsync();
        await supervisor.WaitForExitAsync().WaitAsync(HearthCommand.Bound);

        await HostTraces.NothingAsync(id);
    }

    [SkippableFact]
    public async Task Removing_a_pool_leaves_nothing_of_its_spares()
    {
        string[] ids = await SetAsync(2);

        (await HearthCommand.RunAsync("pool", "rm", "@busybox")).Succeeded().Line.ShouldBe("@busybox");

        foreach (string id in ids)
        {
            await HostTraces.NothingAsync(id);
            Directory.Exists(Path.Combine(TestRun.Current.Home, "vms", id)).ShouldBeFalse();
        }

        Directory.EnumerateFiles(Spares).ShouldBeEmpty();
        Outcome again = (await HearthCommand.RunAsync("pool", "rm", "@busybox")).Ended(1);
        again.Error.ShouldStartWith("hearth: There is no pool of @busybox.", Case.Insensitive);
        (await HearthCommand.RunAsync("pool", "ls", "-q")).Succeeded().Output.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task An_interrupted_set_goes_on_and_the_next_waits_for_what_it_started()
    {
        (await HearthCommand.RunAsync("prepare", "-m", Size, "@busybox")).Succeeded();
        using FileChanges changes = new(TestRun.Current.Home);
        using HearthCommand client = HearthCommand.Start("pool", "set", "@busybox", "-n", "2", "-m", Size);
        await changes.UntilAsync(static () => Directory.Exists(Spares) && Directory.EnumerateFiles(Spares, "*.json").Count() == 2);

        (await HearthCommand.RunProgramAsync("kill", "-INT", $"{client.ProcessId}")).Succeeded();

        (await client.EndAsync()).Ended(130).Error.ShouldMatch("hearth: interrupted: the pool of @busybox is set to 2; [01] of its VMs stand ready, [12] more come to.\n  'hearth pool rm @busybox' ends them.\n$");
        (await SetAsync(2)).Length.ShouldBe(2, "both stand ready when it returns");
    }

    [SkippableFact]
    public async Task Another_size_or_number_replaces_the_spares_that_do_not_fit()
    {
        string[] two = await SetAsync(2);

        string one = (await SetAsync(1)).ShouldHaveSingleItem();
        two.ShouldContain(one);
        (await HearthCommand.RunAsync("pool", "set", "@busybox", "-n", "1", "-m", "332M")).Succeeded();

        Ready().ShouldHaveSingleItem().ShouldNotBe(one);
        await HostTraces.NothingAsync(one);
    }

    [SkippableFact]
    public async Task What_a_pool_needs_is_not_removed()
    {
        await SetAsync(1);

        (await HearthCommand.RunAsync("rmi", "@busybox")).Ended(1).Error.ShouldContain("the pool of @busybox");
        (await HearthCommand.RunAsync("kernel", "rm", "debian")).Ended(1).Error.ShouldContain("the pool of @busybox");
    }

    [SkippableFact]
    public async Task Files_of_a_machine_that_went_down_are_told_truly_and_healed()
    {
        string id = (await SetAsync(1)).ShouldHaveSingleItem();
        string record = Path.Combine(Spares, id + ".json");
        string text = await File.ReadAllTextAsync(record);
        (await HearthCommand.RunAsync("pool", "rm", "@busybox")).Succeeded();
        await SetAsync(1);
        string dead = new('d', 64);
        string directory = Path.Combine(TestRun.Current.Home, "vms", dead);
        Directory.CreateDirectory(Path.Combine(directory, "disks"));
        await File.WriteAllTextAsync(Path.Combine(Spares, dead + ".json"), text.Replace(id, dead, StringComparison.Ordinal));

        (await RowAsync()).ShouldBe("1 1 0", "the dead one does not count");

        await SetAsync(2);
        Directory.Exists(directory).ShouldBeFalse();
        File.Exists(Path.Combine(Spares, dead + ".json")).ShouldBeFalse();
        (await HearthCommand.RunAsync("ps", "-aq", "--no-trunc")).Succeeded().Lines.ShouldNotContain(dead);
    }

    [SkippableTheory]
    [InlineData("-1")]
    [InlineData("1001")]
    [InlineData("two")]
    public async Task A_number_that_is_none_is_refused(string number)
    {
        Outcome outcome = (await HearthCommand.RunAsync("pool", "set", "@busybox", "--number=" + number)).Ended(125);
        outcome.Error.ShouldContain($"-n {number}: not a number of VMs.");
    }

    [SkippableFact]
    public async Task More_than_the_memory_of_the_host_is_refused()
    {
        await SetAsync(1);

        (await HearthCommand.RunAsync("pool", "set", "@busybox", "-n", "1000", "-m", Size)).Ended(125).Error.ShouldContain("of memory; the host has");

        (await RowAsync()).ShouldBe("1 1 0", "the pool is as it was");
    }

    /// <summary>The most that the guest's clock can be off, by each of several questions.</summary>
    private static async Task<List<TimeSpan>> OffsetsAsync(HearthCommand run, int questions)
    {
        List<TimeSpan> off = [];
        for (int n = 1; n <= questions; n++)
        {
            DateTimeOffset earliest = TimeProvider.System.GetUtcNow();
            await run.TypeAsync("now\n");
            await run.OutputAsync($"={n}.");
            DateTimeOffset latest = TimeProvider.System.GetUtcNow();
            string[] words = run.OutputSoFar.Split('\n').Single(line => line.EndsWith($"={n}.", StringComparison.Ordinal)).Split('=', ' ');
            DateTimeOffset guest = DateTimeOffset.FromUnixTimeSeconds(long.Parse(words[1], CultureInfo.InvariantCulture)).AddMicroseconds(long.Parse(words[2], CultureInfo.InvariantCulture));
            off.Add(new[] { (guest - earliest).Duration(), (guest - latest).Duration() }.Max());
        }

        return off;
    }

    private static async Task<string[]> SetAsync(int count)
    {
        (await HearthCommand.RunAsync("pool", "set", "@busybox", "-n", $"{count}", "-m", Size)).Succeeded().Line.ShouldBe("@busybox");
        return Ready();
    }

    private static async Task<string> StartAsync(params string[] command) =>
        (await HearthCommand.RunAsync(["run", "-d", "-m", Size, "@busybox", .. command])).Succeeded().Line;

    private static async Task RemoveAsync(params string[] ids) => (await HearthCommand.RunAsync(["rm", "-f", .. ids])).Succeeded();

    private static async Task<string> RowAsync() =>
        (await HearthCommand.RunAsync("pool", "ls", "--format", "{{.Wanted}} {{.Ready}} {{.Starting}}")).Succeeded().Line;

    /// <summary>Ids of the spares that can be taken.</summary>
    private static string[] Ready() =>
        [.. Directory.EnumerateFiles(Spares, "*.json").Where(static path => Read(path)?.Contains("\"Ready\"", StringComparison.OrdinalIgnoreCase) == true).Select(static path => Path.GetFileNameWithoutExtension(path)!)];

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (FileNotFoundException)
        {
            return null; // Taken just now.
        }
    }

    private static int ProcessOf(string id, string role)
    {
        using JsonDocument record = JsonDocument.Parse(File.ReadAllText(Path.Combine(Spares, id + ".json")));
        return record.RootElement.GetProperty(role).GetProperty("pid").GetInt32();
    }
}

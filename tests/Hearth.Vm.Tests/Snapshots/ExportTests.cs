using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Snapshots;

/// <summary>A snapshot in another home: memory, disk, image and kernel come with it.</summary>
public sealed class ExportTests
{
    [SkippableFact]
    public async Task An_exported_snapshot_goes_on_in_another_home_where_it_was()
    {
        TestRun.NeedProgram("zstd");
        string vm = TestRun.Current.NewName();
        string snapshot = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", vm, "@busybox", "--", "sleep", "100000")).Succeeded();
        (await HearthCommand.RunAsync("exec", vm, "sh", "-c", "echo in memory > /dev/shm/a; echo on disk > /b; sleep 100000 & echo $! > /dev/shm/pid")).Succeeded();
        (await HearthCommand.RunAsync("snapshot", "create", vm, snapshot)).Succeeded();
        using OtherHome other = new();
        string file = Path.Combine(other.Path, "export");

        (await HearthCommand.RunAsync("snapshot", "export", "-q", "-o", file, snapshot)).Succeeded().Line.ShouldBe("");
        (await HearthCommand.RunAsync("rm", "-f", vm)).Succeeded();
        (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        new FileInfo(file).Length.ShouldBeLessThan(100L << 20);

        (await other.RunAsync("snapshot", "import", "-q", file, "--name", "here")).Succeeded().Line.ShouldBe("here");
        (await other.RunAsync("images", "-q")).Succeeded().Line.ShouldNotBe("");
        (await other.RunAsync("image", "prune", "-f")).Succeeded();
        (await other.RunAsync("run", "-d", "--name", "copy", "--from", "here")).Succeeded();
        (await other.RunAsync("exec", "copy", "sh", "-c", "cat /dev/shm/a /b; kill -0 $(cat /dev/shm/pid) && echo running")).Succeeded().Line.ShouldBe("in memory\non disk\nrunning");

        // A boot needs its kernel.
        (await other.RunAsync("restart", "-t", "0", "copy")).Succeeded();
        (await other.RunAsync("exec", "copy", "sh", "-c", "cat /b; test -e /dev/shm/a || echo booted")).Succeeded().Line.ShouldBe("on disk\nbooted");
    }

    [SkippableFact]
    public async Task An_import_that_is_killed_leaves_nothing_that_is_seen_and_the_next_sweeps()
    {
        TestRun.NeedProgram("zstd");
        string snapshot = TestRun.Current.NewName();
        string vm = await LazyVm.Shared.NameAsync();
        (await HearthCommand.RunAsync("snapshot", "create", vm, snapshot)).Succeeded();
        using OtherHome other = new();
        string file = Path.Combine(other.Path, "export");
        (await HearthCommand.RunAsync("snapshot", "export", "-q", "-o", file, snapshot)).Succeeded();
        (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
        byte[] export = await File.ReadAllBytesAsync(file);

        using (HearthCommand import = other.Start("snapshot", "import", "-"))
        {
            await import.Input.WriteAsync(export.AsMemory(0, export.Length / 2));
            await import.Input.FlushAsync();
            await import.ErrorAsync("importing");
            import.Kill();
            await import.EndAsync();
        }

        Directory.EnumerateDirectories(Path.Combine(other.Path, "staging"), "import-*").ShouldHaveSingleItem();
        (await other.RunAsync("snapshot", "ls", "-q")).Succeeded().Line.ShouldBe("");
        (await other.RunAsync("snapshot", "import", "-q", file)).Succeeded().Line.ShouldBe(snapshot);
        Directory.EnumerateDirectories(Path.Combine(other.Path, "staging"), "import-*").ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task What_cannot_be_imported_is_refused_with_one_error()
    {
        using OtherHome other = new();
        string file = Path.Combine(other.Path, "export");
        await File.WriteAllTextAsync(file, "nothing of the kind");

        (await other.RunAsync("snapshot", "import", "-q", file)).Ended(125).Error
            .ShouldBe($"hearth: The export '{file}' cannot be imported: it is not what 'hearth snapshot export' writes.\n  An archive of images is for 'hearth load'.\n");
        (await other.RunAsync("snapshot", "import", "-q", file + "x")).Ended(125).Error.ShouldStartWith($"hearth: Cannot read the export '{file}x': ");
        (await other.RunAsync("snapshot", "export", "-q", "missing")).Ended(1).Error.ShouldBe("hearth: No such snapshot: missing\n  'hearth snapshot ls' lists them.\n");
    }

    /// <summary>A home of a test's own, whose VMs go with it.</summary>
    private sealed class OtherHome : IDisposable
    {
        private readonly TemporaryDirectory _directory = new();

        public string Path => _directory.Root;

        public HearthCommand Start(params string[] arguments) => HearthCommand.StartProgram("env", [$"HEARTH_HOME={Path}", TestRun.Current.Binary, .. arguments]);

        public Task<Outcome> RunAsync(params string[] arguments) => HearthCommand.RunProgramAsync("env", [$"HEARTH_HOME={Path}", TestRun.Current.Binary, .. arguments]);

        public void Dispose()
        {
            RunAsync("rm", "-f", "copy").GetAwaiter().GetResult();
            _directory.Dispose();
        }
    }
}

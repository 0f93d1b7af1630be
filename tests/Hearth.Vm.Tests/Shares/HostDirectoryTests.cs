using System.Diagnostics;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Shares;

/// <summary><c>-v</c>: what a container finds of the host's files, and leaves there.</summary>
public sealed class HostDirectoryTests
{
    /// <summary>Long for a busy machine, short beside the minute and more that the guest may rely on what it was told.</summary>
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    [SkippableFact]
    public async Task Files_go_both_ways_and_belong_to_who_ran_it()
    {
        using TemporaryDirectory host = new();
        await File.WriteAllTextAsync(host["from-host"], "hello");

        Outcome run = await HearthCommand.RunAsync(
            "run", "--rm", "-v", $"{host.Root}:/data", "@busybox", "--", "sh", "-c", "cat /data/from-host; mkdir -p /data/a/b; echo there > /data/a/b/c; ln -s c /data/a/b/l; cat /data/a/b/l");

        run.Succeeded().Output.ShouldBe("hellothere\n");
        (await File.ReadAllTextAsync(host["a/b/c"])).ShouldBe("there\n");
        new FileInfo(host["a/b/l"]).LinkTarget.ShouldBe("c");
        (await HearthCommand.RunProgramAsync("stat", "-c", "%u", host["a/b/c"])).Succeeded().Line.ShouldBe((await HearthCommand.RunProgramAsync("id", "-u")).Succeeded().Line);
    }

    [SkippableFact]
    public async Task Several_shares_files_and_read_only_ones()
    {
        using TemporaryDirectory host = new();
        Directory.CreateDirectory(host["one"]);
        Directory.CreateDirectory(host["two"]);
        await File.WriteAllTextAsync(host["two/x"], "2");
        await File.WriteAllTextAsync(host["settings"], "key=value");

        Outcome run = await HearthCommand.RunAsync(
            "run", "--rm", "-v", $"{host["one"]}:/deep/down/one", "-v", $"{host["two"]}:/two:ro", "-v", $"{host["settings"]}:/etc/settings.conf", "--tmpfs", "/two/x.d", "@busybox", "--",
            "sh", "-c", "echo 1 > /deep/down/one/y; cat /two/x /etc/settings.conf; echo 3 > /two/z || echo refused; echo changed > /etc/settings.conf");

        run.Error.ShouldContain("cannot be mounted", Case.Insensitive); // A tmpfs below a share that cannot get a directory for it.
        run = await HearthCommand.RunAsync(
            "run", "--rm", "-v", $"{host["one"]}:/deep/down/one", "-v", $"{host["two"]}:/two:ro", "-v", $"{host["settings"]}:/etc/settings.conf", "@busybox", "--",
            "sh", "-c", "echo 1 > /deep/down/one/y; cat /two/x /etc/settings.conf; echo 3 2>/dev/null > /two/z || echo refused; echo changed > /etc/settings.conf");

        run.Succeeded().Output.ShouldBe("2key=valuerefused\n");
        (await File.ReadAllTextAsync(host["one/y"])).ShouldBe("1\n");
        (await File.ReadAllTextAsync(host["settings"])).ShouldBe("changed\n");
        File.Exists(host["two/z"]).ShouldBeFalse();
    }

    [SkippableFact]
    public async Task What_changes_on_the_host_is_seen_although_the_guest_keeps_it()
    {
        using TemporaryDirectory host = new();
        Directory.CreateDirectory(host["d"]);
        await File.WriteAllTextAsync(host["d/f"], "old");
        string vm = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", vm, "-v", $"{host.Root}:/data", "@busybox", "sleep", "1000000")).Succeeded();
        async Task SeenAsync(string look, string expected)
        {
            long began = Stopwatch.GetTimestamp();
            string seen;
            do
            {
                seen = (await HearthCommand.RunAsync("exec", vm, "sh", "-c", look)).Output.Trim();
            }
            while (seen != expected && Stopwatch.GetElapsedTime(began) < s_bound);
            seen.ShouldBe(expected, look);
        }

        await SeenAsync("cat /data/d/f; ls /data/d; ls /data/d/g 2>/dev/null", "oldf");
        await File.WriteAllTextAsync(host["d/f"], "new");
        await SeenAsync("cat /data/d/f", "new");
        await File.WriteAllTextAsync(host["d/g"], "");
        await SeenAsync("ls /data/d | tr '\\n' ' '; ls /data/d/g", "f g /data/d/g");
        File.Delete(host["d/f"]);
        await SeenAsync("ls /data/d; cat /data/d/f 2>/dev/null", "g");
        Directory.Move(host["d"], host["e"]);
        await SeenAsync("ls /data; ls /data/e", "e\ng");
        (await HearthCommand.RunAsync("rm", "-f", vm)).Succeeded();
    }

    [SkippableTheory]
    [InlineData("/no/such/place:/data", "does not exist")]
    [InlineData("/etc:data", "is no place in a container")]
    [InlineData("/etc:/", "is no place in a container")]
    [InlineData("/etc:/data:sometimes", "is no option of a volume")]
    public async Task What_cannot_be_shared_is_refused_before_anything_is_made(string volume, string cause)
    {
        string vm = TestRun.Current.NewName();

        Outcome run = await HearthCommand.RunAsync("run", "--name", vm, "-v", volume, "@busybox", "true");

        run.Ended(125).Error.ShouldContain(cause);
        (await HearthCommand.RunAsync("inspect", vm)).Ended(1);
    }
}

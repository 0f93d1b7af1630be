using System.Globalization;
using System.Text.Json;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Snapshots;

/// <summary>The layers of a disk that is frozen again and again.</summary>
public sealed class DiskChainTests
{
    /// <summary>As in docs/architecture.md.</summary>
    private const int MostLayers = 8;

    [SkippableFact]
    public async Task Twenty_snapshots_leave_a_short_chain_all_data_and_no_bytes_of_removed_ones()
    {
        string vm = await StartAsync();
        List<string> snapshots = [];
        List<string> sums = [];
        for (int i = 0; i < 20; i++)
        {
            sums.Add(await WriteAsync(vm, i, 64));
            snapshots.Add(TestRun.Current.NewName());
            (await HearthCommand.RunAsync("snapshot", "create", vm, snapshots[^1])).Succeeded();
        }

        await FlattenedAsync(vm);
        (await SumAsync(vm)).ShouldBe(sums[^1]);

        // Snapshots of before and after have what they had.
        foreach (int i in (int[])[2, 12, 19])
        {
            string clone = TestRun.Current.NewName();
            (await HearthCommand.RunAsync("run", "-d", "--from", snapshots[i], "--name", clone)).Succeeded();
            (await SumAsync(clone)).ShouldBe(sums[i]);
            (await HearthCommand.RunAsync("rm", "-f", clone)).Succeeded();
        }

        (await HearthCommand.RunAsync(["snapshot", "rm", .. snapshots])).Succeeded();
        string pid = (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Pid}}", vm)).Succeeded().Line;
        (await HearthCommand.RunProgramAsync("ls", "-l", $"/proc/{pid}/fd")).Output.ShouldNotMatch(@"/disks/\S+ \(deleted\)");
        Directory.EnumerateFiles(DisksOf(await IdAsync(vm))).Count().ShouldBeLessThanOrEqualTo(MostLayers + 1);

        // What was merged is on the disk: a boot reads nothing of QEMU's memory.
        (await HearthCommand.RunAsync("restart", "-t", "0", vm)).Succeeded();
        (await SumAsync(vm)).ShouldBe(sums[^1]);
        (await HearthCommand.RunAsync("rm", "-f", vm)).Succeeded();
    }

    [SkippableFact]
    public async Task A_vmm_that_is_killed_while_layers_are_merged_has_lost_nothing()
    {
        string vm = await StartAsync();
        List<string> snapshots = [];
        string sum = "";
        for (int i = 0; i < MostLayers; i++)
        {
            sum = await WriteAsync(vm, i, 4096);
            snapshots.Add(TestRun.Current.NewName());
            (await HearthCommand.RunAsync("snapshot", "create", vm, snapshots[^1])).Succeeded();
        }

        // The chain is longer than its bound now, and 120 MB are being copied.
        string pid = (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Pid}}", vm)).Succeeded().Line;
        (await HearthCommand.RunProgramAsync("kill", "-9", pid)).Succeeded();
        (await HearthCommand.RunAsync("wait", vm)).Succeeded();
        (await HearthCommand.RunAsync("start", vm)).Succeeded();

        (await SumAsync(vm)).ShouldBe(sum);
        await FlattenedAsync(vm);
        (await SumAsync(vm)).ShouldBe(sum);
        (await HearthCommand.RunAsync("stop", "-t", "0", vm)).Succeeded();
        (await HearthCommand.RunAsync("start", vm)).Succeeded();
        (await SumAsync(vm)).ShouldBe(sum);
        (await HearthCommand.RunAsync("rm", "-f", vm)).Succeeded();
        (await HearthCommand.RunAsync(["snapshot", "rm", .. snapshots])).Succeeded();
    }

    [SkippableFact]
    public async Task A_snapshot_that_fails_leaves_no_layer_behind()
    {
        string vm = await StartAsync();
        string pid = (await HearthCommand.RunAsync("inspect", "--format", "{{.State.Pid}}", vm)).Succeeded().Line;
        string id = await IdAsync(vm);
        (await HearthCommand.RunProgramAsync("kill", "-STOP", pid)).Succeeded();
        try
        {
            (await HearthCommand.RunAsync("snapshot", "create", vm, TestRun.Current.NewName())).Ended(125).Error.ShouldStartWith(
                $"hearth: VM {vm} could not do it: QEMU did not answer 'add-fd' within 60 s.\n");
        }
        finally
        {
            (await HearthCommand.RunProgramAsync("kill", "-CONT", pid)).Succeeded();
        }

        Directory.EnumerateFiles(DisksOf(id)).Select(Path.GetFileName).Order().ShouldBe(["chain.json", "writable.img"]);
        LayersOf(id).ShouldBe(1);
        (await HearthCommand.RunAsync("exec", vm, "echo", "alive")).Succeeded().Line.ShouldBe("alive");
        (await HearthCommand.RunAsync("rm", "-f", vm)).Succeeded();
    }

    [SkippableFact]
    public async Task A_vm_that_ended_with_its_snapshot_does_not_write_to_it_later()
    {
        string vm = await StartAsync();
        string sum = await WriteAsync(vm, 1, 64);
        string snapshot = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("snapshot", "create", "--stop", vm, snapshot)).Succeeded();
        (await HearthCommand.RunAsync("start", vm)).Succeeded();
        (await SumAsync(vm)).ShouldBe(sum);
        (await WriteAsync(vm, 2, 64)).ShouldNotBe(sum);

        string clone = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--from", snapshot, "--name", clone)).Succeeded();
        (await SumAsync(clone)).ShouldBe(sum);
        (await HearthCommand.RunAsync("rm", "-f", vm, clone)).Succeeded();
        (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
    }

    private static async Task<string> StartAsync()
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", name, "@busybox", "--", "sleep", "100000")).Succeeded();
        return name;
    }

    /// <summary>Overwrites a part of a file and adds to another; returns the sum of both.</summary>
    private static async Task<string> WriteAsync(string vm, int round, int blocks)
    {
        string script = string.Create(CultureInfo.InvariantCulture, $"dd if=/dev/urandom of=/a bs=4k seek={round * 16} count={blocks} conv=notrunc 2>/dev/null; echo {round} >> /b; sync");
        (await HearthCommand.RunAsync("exec", vm, "sh", "-c", script)).Succeeded();
        return await SumAsync(vm);
    }

    /// <summary>Read from the disk, not from the guest's memory.</summary>
    private static async Task<string> SumAsync(string vm)
    {
        (await HearthCommand.RunAsync("exec", "--vm", vm, "sh", "-c", "sync; echo 3 > /proc/sys/vm/drop_caches")).Succeeded();
        return (await HearthCommand.RunAsync("exec", vm, "sh", "-c", "cat /a /b | md5sum")).Succeeded().Line;
    }

    /// <summary>Waits for the job of a chain that is too long. The chain is written before the event is told.</summary>
    private static async Task FlattenedAsync(string vm)
    {
        string id = await IdAsync(vm);
        string now = DateTimeOffset.Now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        if (LayersOf(id) > MostLayers)
        {
            using HearthCommand events = HearthCommand.Start("events", "--since", $"{now[..^3]}.{now[^3..]}", "--filter", "event=flatten", "--filter", $"container={vm}");
            await events.OutputAsync("flatten");
        }

        LayersOf(id).ShouldBeLessThanOrEqualTo(MostLayers);
    }

    private static async Task<string> IdAsync(string vm) => (await HearthCommand.RunAsync("inspect", "--format", "{{.Id}}", vm)).Succeeded().Line;

    private static string DisksOf(string id) => Path.Combine(TestRun.Current.Home, "vms", id, "disks");

    private static int LayersOf(string id)
    {
        using JsonDocument chain = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(DisksOf(id), "chain.json")));
        return chain.RootElement.GetArrayLength();
    }
}

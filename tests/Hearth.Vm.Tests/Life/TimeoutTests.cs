using System.Globalization;
using System.Text.Json.Nodes;
using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Life;

/// <summary><c>--timeout</c> of VMs that are suspended meanwhile.</summary>
public sealed class TimeoutTests
{
    [SkippableFact]
    public async Task The_time_before_a_suspension_counts_after_it()
    {
        string vm = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", vm, "--timeout", "1h", "@busybox", "sleep", "1000000")).Succeeded();
        TimeSpan first = await SuspendAsync(vm);
        first.ShouldBeInRange(TimeSpan.FromTicks(1), TimeSpan.FromMinutes(10));
        (await HearthCommand.RunAsync("resume", vm)).Succeeded();
        TimeSpan second = await SuspendAsync(vm);
        second.ShouldBeGreaterThan(first);

        // As if it had run for that long.
        string file = Path.Combine(HostTraces.DirectoryOf(vm), "state.json");
        JsonNode state = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        state["timeoutUsed"] = "00:59:58";
        await File.WriteAllTextAsync(file, state.ToJsonString());
        (await HearthCommand.RunAsync("resume", vm)).Succeeded();

        (await HearthCommand.RunAsync("wait", vm)).Succeeded().Line.ShouldBe("124");
        (await HearthCommand.RunAsync("rm", vm)).Succeeded();
    }

    [SkippableFact]
    public async Task A_vm_that_is_taken_back_has_its_whole_time()
    {
        string vm = TestRun.Current.NewName();
        string snapshot = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", vm, "--timeout", "1h", "@busybox", "sleep", "1000000")).Succeeded();
        (await HearthCommand.RunAsync("snapshot", "create", vm, snapshot)).Succeeded();
        TimeSpan first = await SuspendAsync(vm);
        string file = Path.Combine(HostTraces.DirectoryOf(vm), "state.json");
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace(first.ToString("c", CultureInfo.InvariantCulture), "00:59:59", StringComparison.Ordinal));

        (await HearthCommand.RunAsync("rollback", vm, snapshot)).Succeeded();

        (await SuspendAsync(vm)).ShouldBeLessThan(TimeSpan.FromMinutes(10));
        (await HearthCommand.RunAsync("rm", vm)).Succeeded();
        (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
    }

    /// <returns>What was used of the timeout by then.</returns>
    private static async Task<TimeSpan> SuspendAsync(string vm)
    {
        (await HearthCommand.RunAsync("suspend", vm)).Succeeded();
        JsonNode state = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(HostTraces.DirectoryOf(vm), "state.json")))!;
        return TimeSpan.Parse(state["timeoutUsed"]!.GetValue<string>(), CultureInfo.InvariantCulture);
    }
}

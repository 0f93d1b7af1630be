using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Idle;

/// <summary>VMs that suspend themselves, and what has happened to them.</summary>
internal static class IdleVm
{
    private const string Suspended = "suspend idle";

    public static async Task<string> StartAsync(string[] options, string script)
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync(["run", "-d", "--name", name, .. options, "@busybox", "--", "sh", "-c", script])).Succeeded();
        return name;
    }

    /// <summary>Waits until it has suspended itself, unless it has: nobody but the test wakes it.</summary>
    public static async Task IdleAsync(string vm)
    {
        string[] history = (await HistoryAsync(vm)).Split('\n');
        if (history[^1] != Suspended)
        {
            await HappenedAsync(vm, "suspend", history.Count(static line => line.StartsWith("suspend", StringComparison.Ordinal)) + 1);
        }
    }

    /// <summary>Waits until something has happened to it so many times.</summary>
    public static async Task HappenedAsync(string vm, string what, int times)
    {
        using HearthCommand events = HearthCommand.Start("events", "--since", "1h", "--filter", $"event={what}", "--filter", $"container={vm}", "--format", "{{.Action}}");
        await events.OutputAsync(string.Concat(Enumerable.Repeat(what + "\n", times)));
    }

    public static async Task<string> HistoryAsync(string vm) => (await HearthCommand.RunAsync(["events", .. History(vm), "--until", "0s"])).Succeeded().Line;

    private static string[] History(string vm) =>
        ["--since", "1h", "--filter", "event=suspend", "--filter", "event=resume", "--filter", $"container={vm}", "--format", "{{.Action}} {{.Actor.Attributes.reason}}"];

    public static async Task<string> ExecAsync(string vm, string script) => (await HearthCommand.RunAsync("exec", vm, "sh", "-c", script)).Succeeded().Line;

    public static async Task<string> InspectAsync(string vm, string format) => (await HearthCommand.RunAsync("inspect", "--format", format, vm)).Succeeded().Line;

    public static async Task RemoveAsync(params string[] vms) => (await HearthCommand.RunAsync(["rm", "-f", .. vms])).Succeeded();
}

using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Health;

/// <summary>One VM with a health check, and what others see of it.</summary>
internal sealed class HealthVm : IAsyncDisposable
{
    public string Name { get; } = TestRun.Current.NewName();

    /// <summary>Starts a script in the busybox image, without a template of it when it is healthy.</summary>
    public static Task<HealthVm> StartAsync(string[] options, string script) => StartAsync(["--snapshot-when", "never", .. options, "@busybox"], ["sh", "-c", script]);

    public static async Task<HealthVm> StartAsync(string[] options, string[] command)
    {
        HealthVm vm = new();
        (await HearthCommand.RunAsync(["run", "-d", "--name", vm.Name, .. options, .. command])).Succeeded();
        return vm;
    }

    /// <summary>A check that finds a file. The first comes at once: it waits until the file is there with its content, not between its creation and the writing.</summary>
    public static Task<HealthVm> WithFileAsync(string interval = "1s") => StartAsync(
        ["--health-cmd", "until [ -e /begun ]; do usleep 20000; done; cat /ok", "--health-interval", interval, "--health-retries", "1"],
        "echo fine > /ok; : > /begun; exec sleep 1000000");

    public async Task HealthyAsync() => (await HearthCommand.RunAsync("wait", "--healthy", "--timeout", "2m", Name)).Succeeded().Line.ShouldBe(Name);

    /// <summary>Waits until its health has changed so, so many times.</summary>
    public async Task ChangedAsync(string health, int times = 1)
    {
        string line = $"health_status: {health}\n";
        using HearthCommand events = HearthCommand.Start("events", "--since", "1h", "--filter", $"event=health_status: {health}", "--filter", $"container={Name}", "--format", "{{.Action}}");
        await events.OutputAsync(string.Concat(Enumerable.Repeat(line, times)));
    }

    public async Task HappenedAsync(string what)
    {
        using HearthCommand events = HearthCommand.Start("events", "--since", "1h", "--filter", $"event={what}", "--filter", $"container={Name}", "--format", "{{.Action}}");
        await events.OutputAsync(what);
    }

    public async Task<string> InspectAsync(string format) => (await HearthCommand.RunAsync("inspect", "--format", format, Name)).Succeeded().Line;

    public async Task<string> StatusAsync() => (await HearthCommand.RunAsync("ps", "-a", "--filter", $"name=^{Name}$", "--format", "{{.Status}}")).Succeeded().Line;

    public async Task<string> ExecAsync(string script) => (await HearthCommand.RunAsync("exec", Name, "sh", "-c", script)).Succeeded().Line;

    public async Task<HealthVm> ForkAsync()
    {
        HealthVm copy = new();
        (await HearthCommand.RunAsync("fork", Name, "--name", copy.Name)).Succeeded();
        return copy;
    }

    public async ValueTask DisposeAsync() => await HearthCommand.RunAsync("rm", "-f", Name);
}

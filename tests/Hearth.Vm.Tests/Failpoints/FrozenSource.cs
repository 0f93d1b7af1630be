using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Failpoints;

/// <summary>A VM that runs, and a snapshot of it; removed with its class of tests.</summary>
public sealed class FrozenSource : IAsyncLifetime
{
    private readonly Lazy<Task<(string Source, string Snapshot)>> _frozen = new(FreezeAsync);

    public Task<(string Source, string Snapshot)> NamesAsync() => _frozen.Value;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_frozen.IsValueCreated && _frozen.Value.IsCompletedSuccessfully)
        {
            (string source, string snapshot) = await _frozen.Value;
            (await HearthCommand.RunAsync("rm", "-f", source)).Succeeded();
            (await HearthCommand.RunAsync("snapshot", "rm", snapshot)).Succeeded();
        }
    }

    private static async Task<(string Source, string Snapshot)> FreezeAsync()
    {
        string source = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("run", "-d", "--name", source, "@busybox", "sleep", "1000000")).Succeeded();
        string snapshot = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("snapshot", "create", source, snapshot)).Succeeded();
        return (source, snapshot);
    }
}

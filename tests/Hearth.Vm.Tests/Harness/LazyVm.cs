namespace Hearth.Vm.Tests.Harness;

/// <summary>A VM started with <c>run -d</c> by the first test that needs it, shared by the others, and removed with its class of tests.</summary>
internal sealed class LazyVm(params string[] runArguments) : IAsyncDisposable
{
    private readonly Lazy<Task<string>> _name = new(() => StartAsync(runArguments));

    /// <summary>The VM that tests of many subjects run their commands in; none of them may stop it.</summary>
    public static LazyVm Shared { get; } = new("--hostname", "box", "--label", "kind=shared", "@busybox", "sleep", "1000000");

    public Task<string> NameAsync() => _name.Value;

    /// <summary>Runs a command in it with <c>hearth exec</c>.</summary>
    public Task<Outcome> ExecAsync(params string[] command) => ExecWithAsync([], command);

    public async Task<Outcome> ExecWithAsync(string[] options, params string[] command) =>
        await HearthCommand.RunAsync(["exec", .. options, await NameAsync(), .. command]);

    /// <summary>Runs a shell script in it.</summary>
    public Task<Outcome> ShellAsync(string script) => ExecAsync("sh", "-c", script);

    public async ValueTask DisposeAsync()
    {
        if (_name.IsValueCreated && _name.Value.IsCompletedSuccessfully)
        {
            (await HearthCommand.RunAsync("rm", "-f", await _name.Value)).Succeeded();
        }
    }

    private static async Task<string> StartAsync(string[] arguments)
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync(["run", "-d", "--name", name, .. arguments])).Succeeded();
        return name;
    }
}

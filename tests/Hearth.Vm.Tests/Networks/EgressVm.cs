using System.Globalization;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Networks;

/// <summary>A VM in the <see cref="EgressWorld"/>, asked what it reaches; removed when it is disposed.</summary>
internal sealed class EgressVm(string name) : IAsyncDisposable
{
    public string Name => name;

    public Task<Outcome> ShellAsync(string script) => HearthCommand.RunAsync("exec", name, "sh", "-c", script);

    /// <summary>What a URL gives, or "" when it cannot be had.</summary>
    /// <param name="host">In place of the URL's own.</param>
    public async Task<string> GetAsync(string url, string? host = null) =>
        (await ShellAsync($"timeout 15 wget -qO- {(host is null ? "" : $"--header 'Host: {host}'")} --no-check-certificate '{url}'")).Line;

    /// <summary>What a file by TFTP gives, or "".</summary>
    public async Task<string> TftpAsync(string host, int port = EgressWorld.TftpPort) => (await ShellAsync($"timeout 3 tftp -g -r file -l /dev/stdout {host} {port}")).Line;

    public async Task ChangeAsync(params string[] arguments) => (await HearthCommand.RunAsync(["egress", arguments[0], name, .. arguments[1..]])).Succeeded();

    public async Task<string[]> ShownAsync() => (await HearthCommand.RunAsync("egress", "show", name)).Succeeded().Lines;

    public async Task<string> LogAsync() => (await HearthCommand.RunAsync("egress", "log", "--format", "{{.Decision}} {{.Protocol}} {{.Destination}} {{.Name}} ({{.Rule}})", name)).Succeeded().Output;

    /// <summary>The names of the supervisor's child processes.</summary>
    public async Task<string[]> ChildrenAsync()
    {
        int supervisor = int.Parse((await HearthCommand.RunAsync("inspect", "--format", "{{.Hearth.SupervisorPid}}", name)).Succeeded().Line, CultureInfo.InvariantCulture);
        return
        [
            .. Directory.EnumerateDirectories($"/proc/{supervisor}/task")
                .SelectMany(static task => File.ReadAllText($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Select(static pid => File.ReadAllText($"/proc/{pid}/comm").Trim()),
        ];
    }

    public async ValueTask DisposeAsync() => await HearthCommand.RunAsync("rm", "-f", name);
}

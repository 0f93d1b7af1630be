using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Networks;

/// <summary>A VM of the <see cref="NetworkWorld"/>, of the image of tools; removed when it is disposed.</summary>
internal sealed class WorldVm(NetworkWorld world, string name) : IAsyncDisposable
{
    public string Name => name;

    public Task<Outcome> ShellAsync(string script) => HearthCommand.RunAsync("exec", name, "sh", "-c", script);

    /// <summary>Has the guest send a datagram to somebody who sends it back.</summary>
    public async Task<string> AskAsync(IPEndPoint to, int bytes)
    {
        SocketAddress address = to.Serialize();
        string sockaddr = Convert.ToHexStringLower(address.Buffer.Span[..address.Size]);
        int family = to.AddressFamily == AddressFamily.InterNetwork ? 2 : 10; // AF_INET, AF_INET6
        return (await ShellAsync(string.Create(CultureInfo.InvariantCulture, $"udp-ask {family} {sockaddr} {bytes}"))).Succeeded().Line;
    }

    /// <summary>Where a port of the guest is published.</summary>
    public async Task<IPEndPoint> PublishedAsync(string port) => IPEndPoint.Parse((await HearthCommand.RunAsync("port", name, port)).Succeeded().Line);

    /// <summary>A copy, which nothing was run in yet.</summary>
    public async Task<WorldVm> ForkAsync()
    {
        string copy = TestRun.Current.NewName();
        (await world.RunAsync("fork", name, "--name", copy)).Succeeded();
        return new WorldVm(world, copy);
    }

    public async ValueTask DisposeAsync() => await HearthCommand.RunAsync("rm", "-f", name);
}

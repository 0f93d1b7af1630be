using Hearth.Vm.Tests.Harness;
using static Hearth.Vm.Tests.Networks.NetworkWorld;

namespace Hearth.Vm.Tests.Networks;

/// <summary>Names are asked where the host asks them, as its /etc/resolv.conf has it.</summary>
public sealed class HostResolverTests
{
    public static TheoryData<string> Modes => NetworkWorld.Modes;

    [SkippableTheory]
    [MemberData(nameof(Modes))]
    public async Task A_resolver_on_the_hosts_loopback_alone_is_asked_also_by_a_copy(string mode)
    {
        NetworkWorld world = await CurrentAsync();
        using TemporaryDirectory directory = new();
        string resolvers = directory["resolv.conf"];
        await File.WriteAllTextAsync(resolvers, $"nameserver {LoopbackResolver}\n");
        await using WorldVm vm = await world.StartAsync(mode, [], resolvers: resolvers);

        (await vm.ShellAsync($"getent hosts {LoopbackName}")).Succeeded().Line.ShouldStartWith($"{LoopbackAnswer} ");

        await using WorldVm copy = new(world, TestRun.Current.NewName());
        (await world.RunWithResolversAsync(resolvers, "fork", vm.Name, "--name", copy.Name)).Succeeded();
        (await copy.ShellAsync($"getent hosts {LoopbackName}")).Succeeded().Line.ShouldStartWith($"{LoopbackAnswer} ");
    }

    [SkippableTheory]
    [MemberData(nameof(Modes))]
    public async Task A_change_of_the_hosts_list_is_followed_by_new_vms_and_by_those_that_run(string mode)
    {
        NetworkWorld world = await CurrentAsync();
        using TemporaryDirectory directory = new();
        string resolvers = directory["resolv.conf"];
        await File.WriteAllTextAsync(resolvers, $"nameserver {Resolver}\n");
        await using WorldVm before = await world.StartAsync(mode, [], resolvers: resolvers);
        (await before.ShellAsync("getent hosts a.world.test")).Succeeded();
        (await before.ShellAsync($"getent hosts {LoopbackName}")).ExitCode.ShouldNotBe(0);

        await File.WriteAllTextAsync(resolvers, $"search host.test\nnameserver {LoopbackResolver}\n");

        await using WorldVm after = await world.StartAsync(mode, [], resolvers: resolvers);
        (await after.ShellAsync("getent hosts loopback")).Succeeded().Line.ShouldStartWith($"{LoopbackAnswer} ", customMessage: "by the domain that is searched");
        (await before.ShellAsync($"getent hosts {LoopbackName}")).Succeeded().Line.ShouldStartWith($"{LoopbackAnswer} ");
    }
}

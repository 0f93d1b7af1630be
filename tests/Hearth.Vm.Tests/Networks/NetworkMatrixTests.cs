using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Hearth.Vm.Tests.Harness;
using static Hearth.Vm.Tests.Networks.NetworkWorld;

namespace Hearth.Vm.Tests.Networks;

/// <summary>What a network of each mode carries: in a VM that was started, and from the first exec of a copy of it on.</summary>
public sealed class NetworkMatrixTests
{
    /// <summary>Above every MTU there is: all links on the way take it in pieces.</summary>
    private const int LargeDatagram = 60_000;

    public static TheoryData<string> Modes => NetworkWorld.Modes;

    [SkippableTheory]
    [MemberData(nameof(Modes))]
    public Task Connections_go_out(string mode) => InBothAsync(mode, [], async (_, vm) =>
        (await vm.ShellAsync($"wget -qO- http://{Web}/address")).Succeeded().Line.ShouldBe(Host));

    [SkippableTheory]
    [MemberData(nameof(Modes))]
    public Task Datagrams_go_out_and_their_answers_come_back(string mode) => InBothAsync(mode, [], async (_, vm) =>
        (await vm.AskAsync(new IPEndPoint(IPAddress.Parse(Web), EchoPort), 100)).ShouldBe("the same 100"));

    [SkippableTheory]
    [MemberData(nameof(Modes))]
    public Task Echo_requests_are_answered(string mode) => InBothAsync(mode, [], async (_, vm) =>
        (await vm.ShellAsync($"ping -c 3 -W 20 {Web}")).Succeeded().Output.ShouldContain("3 packets received"));

    [SkippableTheory]
    [MemberData(nameof(Modes))]
    public Task IPv6_carries_all_three(string mode) => InBothAsync(mode, [], async (_, vm) =>
    {
        (await vm.ShellAsync($"wget -qO- http://[{Web6}]/address")).Succeeded().Line.ShouldStartWith("2001:db8:1:");
        (await vm.AskAsync(new IPEndPoint(IPAddress.Parse(Web6), EchoPort), 100)).ShouldBe("the same 100");
        (await vm.ShellAsync($"ping -6 -c 3 -W 20 {Web6}")).Succeeded().Output.ShouldContain("3 packets received");
    });

    [SkippableTheory]
    [MemberData(nameof(Modes))]
    public Task Names_are_found_also_when_their_answer_fits_no_datagram(string mode) => InBothAsync(mode, [], async (_, vm) =>
    {
        (await vm.ShellAsync($"getent ahosts {Many} | cut -d ' ' -f 1 | sort -u | wc -l")).Succeeded().Line.ShouldBe(ManyAddresses.ToString(CultureInfo.InvariantCulture), "over TCP");
        (await vm.ShellAsync("nslookup a.world.test")).Succeeded().Output.ShouldContain(Web);
        (await vm.ShellAsync("nslookup -type=aaaa a.world.test")).Succeeded().Output.ShouldContain(Web6);
        (await vm.ShellAsync("wget -qO- http://a.world.test/address")).Succeeded();
    });

    [SkippableTheory]
    [MemberData(nameof(Modes))]
    public Task What_is_larger_than_a_packet_arrives_whole(string mode) => InBothAsync(mode, [], async (world, vm) =>
    {
        (await vm.AskAsync(new IPEndPoint(IPAddress.Parse(Web), EchoPort), LargeDatagram)).ShouldBe($"the same {LargeDatagram}");
        (await vm.AskAsync(new IPEndPoint(IPAddress.Parse(Web6), EchoPort), LargeDatagram)).ShouldBe($"the same {LargeDatagram}");
        Outcome outcome = await vm.ShellAsync(
            $"wget -qO /bulk http://{Web}/bulk && sha256sum < /bulk; wget -qO- http://[{Web6}]/bulk | sha256sum; wget -qO- --post-file /bulk http://{Web}:{UploadPort}/");

        outcome.Succeeded().Lines.ShouldBe([world.BulkHash, world.BulkHash, world.BulkHash]);
    });

    [SkippableTheory]
    [MemberData(nameof(Modes))]
    public Task Published_ports_carry_connections_and_datagrams(string mode) => InBothAsync(
        mode,
        ["-p", "80", "-p", "0.0.0.0::81", "-p", $"{EchoPort}/udp"],
        async (world, vm) =>
        {
            IPEndPoint local = await vm.PublishedAsync("80");
            IPEndPoint open = await vm.PublishedAsync("81");
            byte[] small = [1, 2, 3];
            byte[] large = RandomNumberGenerator.GetBytes(LargeDatagram);

            (await world.ShellAsync($"busybox wget -qO- http://{local}/bulk | sha256sum")).ShouldBe(world.BulkHash);
            (await world.ShellAsync($"busybox wget -qO- http://{Host}:{open.Port}/page", inWorld: true)).ShouldBe("of the guest");
            (await world.AskAsync(await vm.PublishedAsync($"{EchoPort}/udp"), small)).ShouldBe(small);
            (await world.AskAsync(await vm.PublishedAsync($"{EchoPort}/udp"), large)).ShouldBe(large);
        },
        $"mkdir /w; wget -qO /w/bulk http://{Web}/bulk; echo of the guest > /w/page; httpd -p 80 -h /w; httpd -p 81 -h /w; exec udp-echo {EchoPort}",
        "up\n");

    [SkippableFact]
    public async Task Many_at_once_have_the_same_address_and_each_its_own_ports()
    {
        const int Number = 4;
        NetworkWorld world = await CurrentAsync();
        WorldVm[] vms = await Task.WhenAll(Enumerable.Range(0, Number).Select(_ => world.StartAsync("rootless", ["-p", "80"], "mkdir /w; hostname > /w/name; httpd -p 80 -h /w; echo up; sleep 1000000")));
        try
        {
            foreach (WorldVm vm in vms)
            {
                await ServesAsync(vm, "up\n");
                (await vm.ShellAsync("ip -4 addr show dev eth0")).Succeeded().Output.ShouldContain("inet 10.0.2.100/24");
                string name = (await vm.ShellAsync("hostname")).Succeeded().Line;
                (await world.ShellAsync($"busybox wget -qO- http://{await vm.PublishedAsync("80")}/name")).ShouldBe(name);
            }

            Outcome[] reached = await Task.WhenAll(vms.Select(static vm => vm.ShellAsync($"wget -qO- http://{Web}/bulk | sha256sum")));
            reached.ShouldAllBe(outcome => outcome.Succeeded().Line == world.BulkHash);
        }
        finally
        {
            foreach (WorldVm vm in vms)
            {
                await vm.DisposeAsync();
            }
        }
    }

    /// <summary>Makes a check in a VM, and in a copy of it that nothing was run in before.</summary>
    /// <param name="mode">Of the VM.</param>
    /// <param name="options">More options of <c>run</c>.</param>
    /// <param name="check">What is to hold.</param>
    /// <param name="script">What the VM's container does.</param>
    /// <param name="ready">What it says once the check can be made; empty: at once.</param>
    private static async Task InBothAsync(string mode, string[] options, Func<NetworkWorld, WorldVm, Task> check, string script = "sleep 1000000", string ready = "")
    {
        NetworkWorld world = await CurrentAsync();
        await using WorldVm vm = await world.StartAsync(mode, options, script);
        if (ready.Length > 0)
        {
            await ServesAsync(vm, ready);
        }

        await check(world, vm);
        await using WorldVm copy = await vm.ForkAsync();
        await check(world, copy);
    }

    private static async Task ServesAsync(WorldVm vm, string ready)
    {
        using HearthCommand logs = HearthCommand.Start("logs", "-f", vm.Name);
        await logs.OutputAsync(ready);
    }
}

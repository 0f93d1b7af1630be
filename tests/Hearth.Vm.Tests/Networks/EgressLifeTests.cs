using Hearth.Vm.Tests.Harness;
using static Hearth.Vm.Tests.Networks.EgressWorld;

namespace Hearth.Vm.Tests.Networks;

/// <summary>A policy that is changed, inherited, kept over a VM's ends, and not put in force.</summary>
public sealed class EgressLifeTests
{
    private readonly EgressWorld _world = Current;

    [SkippableFact]
    public async Task A_change_holds_at_once_and_cuts_what_it_denies()
    {
        await using EgressVm vm = await _world.StartAsync("-p", "80");
        (await vm.ShellAsync("mkdir /w; echo served > /w/index.html; httpd -p 80 -h /w")).Succeeded();
        string port = (await HearthCommand.RunAsync("port", vm.Name, "80")).Succeeded().Line;
        (await vm.GetAsync("http://evil.example/")).ShouldBe($"{Evil} evil.example");
        (await vm.ShownAsync()).ShouldBe(["--egress all"]);

        // From no rules at all to a list: the connection was made past the proxy.
        using (HearthCommand open = await TalkAsync(vm))
        {
            await vm.ChangeAsync("set", "--allow", "good.example");
            await CutAsync(open);
        }

        (await vm.GetAsync("http://evil.example/")).ShouldBe("");
        (await vm.GetAsync("http://good.example/")).ShouldBe($"{Good} good.example");
        (await _world.FetchAsync(port)).ShouldBe("served");

        // From list to list: it was made by the proxy.
        await vm.ChangeAsync("allow", $"{Evil}:{EchoPort}");
        using (HearthCommand allowed = await TalkAsync(vm))
        {
            await vm.ChangeAsync("allow", "evil.example");
            await SayAsync(allowed, "still here");
            await vm.ChangeAsync("deny", $"{Evil}:{EchoPort}");
            await CutAsync(allowed);
        }

        (await vm.GetAsync("http://evil.example/")).ShouldBe($"{Evil} evil.example");
        (await vm.ShownAsync()).ShouldBe(["--egress list", "--allow good.example", "--allow evil.example", $"--deny {Evil}:{EchoPort}"]);
        await vm.ChangeAsync("set", "--egress", "all");
        (await vm.TftpAsync(Evil)).ShouldBe("datagrams");
        (await vm.GetAsync($"http://{Private}/")).ShouldBe($"{Private} {Private}");
    }

    [SkippableFact]
    public async Task Copies_have_their_sources_policy_or_the_one_that_they_are_told_and_rules_of_their_own()
    {
        await using EgressVm source = await _world.StartAsync("--allow", "good.example");
        await using EgressVm same = new(TestRun.Current.NewName());
        await using EgressVm other = new(TestRun.Current.NewName());
        await using EgressVm frozen = new(TestRun.Current.NewName());
        string point = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("snapshot", "create", source.Name, point)).Succeeded();

        (await _world.RunAsync("fork", source.Name, "--name", same.Name)).Succeeded();
        (await _world.RunAsync("fork", source.Name, "--name", other.Name, "--egress", "all")).Succeeded();
        (await _world.RunAsync("run", "-d", "--from", point, "--name", frozen.Name)).Succeeded();
        (await HearthCommand.RunAsync("snapshot", "rm", point)).Succeeded();
        await source.ChangeAsync("set", "--egress", "none");

        foreach (EgressVm copy in (EgressVm[])[same, frozen])
        {
            (await copy.ShownAsync()).ShouldBe(["--egress list", "--allow good.example"]);
            (await copy.GetAsync("http://good.example/")).ShouldBe($"{Good} good.example");
            (await copy.GetAsync($"http://{Evil}/")).ShouldBe("");
        }

        (await other.GetAsync($"http://{Evil}/")).ShouldBe($"{Evil} {Evil}");
        (await source.GetAsync("http://good.example/")).ShouldBe("");
        (await _world.RunAsync("fork", source.Name, "--allow", "two words")).Ended(2).Error.ShouldContain("neither a domain nor an address");
    }

    [SkippableFact]
    public async Task A_policy_outlives_a_stop_a_suspension_and_a_rollback_and_is_changed_meanwhile()
    {
        await using EgressVm vm = await _world.StartAsync("--allow", "good.example");
        string point = TestRun.Current.NewName();
        (await HearthCommand.RunAsync("snapshot", "create", vm.Name, point)).Succeeded();

        (await HearthCommand.RunAsync("suspend", vm.Name)).Succeeded();
        await vm.ChangeAsync("allow", "evil.example:80");
        (await _world.RunAsync("resume", vm.Name)).Succeeded();
        (await vm.GetAsync("http://evil.example/")).ShouldBe($"{Evil} evil.example");
        (await vm.GetAsync($"http://{Private}/")).ShouldBe("");

        (await HearthCommand.RunAsync("rollback", vm.Name, point)).Succeeded();
        (await vm.GetAsync("http://evil.example/")).ShouldBe($"{Evil} evil.example", "what the VM may reach is no part of the guest");
        (await vm.GetAsync($"http://{Private}/")).ShouldBe("");

        (await HearthCommand.RunAsync("stop", "-t", "0", vm.Name)).Succeeded();
        await vm.ChangeAsync("deny", "evil.example");
        (await _world.RunAsync("start", vm.Name)).Succeeded();
        (await vm.GetAsync("http://good.example/")).ShouldBe($"{Good} good.example");
        (await vm.GetAsync($"http://{Evil}/", host: "evil.example")).ShouldBe("");
        (await HearthCommand.RunAsync("snapshot", "rm", point)).Succeeded();
    }

    [SkippableFact]
    public async Task Without_rules_in_the_kernel_nothing_starts_and_nothing_changes()
    {
        using TemporaryDirectory directory = new();
        string nft = directory["nft"];
        await File.WriteAllTextAsync(nft, "#!/bin/sh\necho broken >&2\nexit 1\n");
        File.SetUnixFileMode(nft, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string path = $"{directory.Root}:{Environment.GetEnvironmentVariable("PATH")}";
        string name = TestRun.Current.NewName();

        (await _world.RunWithPathAsync(path, "run", "--rm", "--name", name, "--egress", "none", "@busybox", "--", "echo", "ran"))
            .Ended(125).Error.ShouldContain("nft, which enforces what a VM may reach, failed: broken");
        (await HearthCommand.RunAsync("ps", "-aq", "--filter", $"name={name}")).Succeeded().Output.ShouldBe("");

        await using EgressVm vm = new(name);
        (await _world.RunWithPathAsync(path, "run", "-d", "--name", name, "--dns", Resolver, "@busybox", "--", "sleep", "1000000")).Succeeded();
        (await HearthCommand.RunAsync("egress", "set", name, "--egress", "none")).Ended(125).Error.ShouldContain("failed: broken");
        (await vm.ShownAsync()).ShouldBe(["--egress all"]);
        (await vm.GetAsync("http://good.example/")).ShouldBe($"{Good} good.example", "without a policy there is no nft");
    }

    [SkippableFact]
    public async Task The_log_is_followed_until_the_vm_has_ended()
    {
        await using EgressVm vm = await _world.StartAsync("--egress", "list");
        using HearthCommand log = HearthCommand.Start("egress", "log", "-f", vm.Name);

        (await vm.GetAsync($"http://{Evil}/")).ShouldBe("");
        await log.OutputAsync($"deny  tcp {Evil}:80 (--egress list)\n");
        (await vm.GetAsync($"http://{Evil}/")).ShouldBe("");
        (await HearthCommand.RunAsync("kill", vm.Name)).Succeeded();

        (await log.EndAsync()).Succeeded().Output.ShouldEndWith($"deny  tcp {Evil}:80 (--egress list)\n"); // The second was counted, and written at the end.
    }

    /// <summary>A connection of the guest to a server that repeats what it hears.</summary>
    private static async Task<HearthCommand> TalkAsync(EgressVm vm)
    {
        HearthCommand talk = HearthCommand.Start("exec", "-i", vm.Name, "nc", Evil, EchoPort.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await talk.OutputAsync("welcome\n");
        await SayAsync(talk, "hello");
        return talk;
    }

    private static async Task SayAsync(HearthCommand talk, string line)
    {
        await talk.TypeAsync(line + "\n");
        await talk.OutputAsync(line + "\n");
    }

    /// <summary>Its next words go nowhere: the program ends, or hears no more.</summary>
    private static async Task CutAsync(HearthCommand talk)
    {
        try
        {
            await talk.TypeAsync("after\n");
        }
        catch (IOException)
        {
            // It has ended already.
        }

        await talk.EndAsync();
        talk.OutputSoFar.ShouldNotContain("after");
    }
}

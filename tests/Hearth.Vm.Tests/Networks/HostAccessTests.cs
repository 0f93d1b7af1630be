using System.Net;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Networks;

/// <summary>Services of the host's loopback, from a guest.</summary>
public sealed class HostAccessTests
{
    public HostAccessTests() => TestRun.NeedNetwork();

    [SkippableFact]
    public async Task The_hosts_loopback_is_reached_by_its_name_when_that_is_allowed()
    {
        await using HostPage page = new(IPAddress.Loopback, "of the host");

        Outcome outcome = await HearthCommand.RunAsync(
            "run", "--rm", "--host-access", "--add-host", "box:host-gateway", "@busybox", "--", "sh", "-c", $"wget -qO- http://host.hearth.internal:{page.Port}/; echo; wget -qO- http://box:{page.Port}/");

        outcome.Succeeded().Lines.ShouldBe(["of the host", "of the host"]);
    }

    [SkippableTheory]
    [InlineData("--egress", "none")]
    [InlineData("--allow", "192.0.2.0/24:80")]
    public async Task What_was_said_of_the_host_is_reached_under_every_policy(string flag, string value)
    {
        TestRun.NeedProgram("nft");
        await using HostPage page = new(IPAddress.Loopback, "of the host");
        await using HostPage forwarded = new(IPAddress.Loopback, "forwarded");

        Outcome outcome = await HearthCommand.RunAsync(
            "run", "--rm", flag, value, "--host-access", "--forward-localhost", $"{forwarded.Port}", "--net-rate", "20M", "@busybox", "--", "sh", "-c",
            $"wget -qO- http://host.hearth.internal:{page.Port}/; echo; wget -qO- http://localhost:{forwarded.Port}/");
        Outcome forwardedAlone = await HearthCommand.RunAsync(
            "run", "--rm", flag, value, "--forward-localhost", $"{forwarded.Port}", "@busybox", "--", "sh", "-c",
            $"wget -qO- http://localhost:{forwarded.Port}/; echo; timeout 5 wget -qO- http://169.254.1.2:{page.Port}/; timeout 5 wget -qO- http://10.0.2.1:{page.Port}/; true");

        outcome.Succeeded().Lines.ShouldBe(["of the host", "forwarded"]);
        forwardedAlone.Succeeded().Lines.ShouldBe(["forwarded"]);
    }

    [SkippableFact]
    public async Task A_connection_to_the_host_stands_in_the_log_of_a_policy_the_first_that_came_while_it_ran_too()
    {
        TestRun.NeedProgram("nft");
        await using HostPage page = new(IPAddress.Loopback, "of the host");
        await using LazyVm vm = new("--host-access", "@busybox", "sleep", "1000000");
        string name = await vm.NameAsync();
        string[] get = ["timeout", "10", "wget", "-qO-", $"http://host.hearth.internal:{page.Port}/"];

        (await vm.ExecAsync(get)).Succeeded().Output.ShouldBe("of the host");
        (await HearthCommand.RunAsync("egress", "set", name, "--egress", "none")).Succeeded();
        (await vm.ExecAsync(get)).Succeeded().Output.ShouldBe("of the host");
        (await HearthCommand.RunAsync("egress", "set", name, "--egress", "all")).Succeeded();
        (await vm.ExecAsync(get)).Succeeded().Output.ShouldBe("of the host");

        (await HearthCommand.RunAsync("egress", "log", "--format", "{{.Decision}} {{.Protocol}} {{.Destination}} {{.Rule}}", name)).Succeeded().Output.ShouldContain($"allow tcp 169.254.1.2:{page.Port} --host-access\n");
    }

    [SkippableFact]
    public async Task The_hosts_loopback_is_not_reached_when_nothing_was_said()
    {
        await using HostPage page = new(IPAddress.Loopback, "of the host");

        Outcome outcome = await HearthCommand.RunAsync(
            "run", "--rm", "@busybox", "--", "sh", "-c",
            $"nslookup -type=a host.hearth.internal; for a in 169.254.1.2 10.0.2.1 10.0.2.2; do timeout 5 wget -qO- http://$a:{page.Port}/; done; true");

        outcome.Succeeded().Output.ShouldContain("can't find host.hearth.internal: NXDOMAIN");
        outcome.Output.ShouldNotContain("of the host");
    }

    [SkippableFact]
    public async Task A_forwarded_port_is_the_guests_loopbacks_too_in_a_copy_as_well_and_no_other_is()
    {
        await using HostPage page = new(IPAddress.Loopback, "forwarded");
        await using HostPage other = new(IPAddress.Loopback, "not forwarded");
        await using LazyVm vm = new("--forward-localhost", $"{page.Port}", "@busybox", "sleep", "1000000");
        string name = await vm.NameAsync();
        string copy = TestRun.Current.NewName();

        (await vm.ExecAsync("wget", "-qO-", $"http://localhost:{page.Port}/")).Succeeded().Output.ShouldBe("forwarded");
        (await vm.ExecAsync("wget", "-qO-", $"http://localhost:{other.Port}/")).ExitCode.ShouldNotBe(0);
        (await vm.ExecAsync("wget", "-qO-", $"http://10.0.2.1:{other.Port}/")).ExitCode.ShouldNotBe(0);
        (await HearthCommand.RunAsync("fork", name, "--name", copy)).Succeeded();
        (await HearthCommand.RunAsync("exec", copy, "wget", "-qO-", $"http://127.0.0.1:{page.Port}/")).Succeeded().Output.ShouldBe("forwarded");
        (await vm.ExecAsync("wget", "-qO-", $"http://[::1]:{page.Port}/")).Succeeded().Output.ShouldBe("forwarded");
        (await HearthCommand.RunAsync("rm", "-f", copy)).Succeeded();
    }

    [SkippableFact]
    public async Task A_vm_whose_rate_is_bounded_sends_and_receives_all_it_should()
    {
        string text = new('x', 300_000);
        await using HostPage page = new(IPAddress.Loopback, text);

        Outcome outcome = await HearthCommand.RunAsync(
            "run", "--rm", "--host-access", "--net-rate", "20M", "@busybox", "--", "wget", "-qO-", $"http://host.hearth.internal:{page.Port}/");

        outcome.Succeeded().Output.ShouldBe(text);
    }

    [SkippableFact]
    public async Task Proxies_of_the_callers_environment_are_the_containers()
    {
        const string Command = "\"$0\" run --rm \"$@\" @busybox sh -c 'echo $http_proxy $HTTPS_PROXY $no_proxy'";
        string binary = TestRun.Current.Binary;
        Task<Outcome> RunAsync(string proxy, params string[] options) =>
            HearthCommand.RunProgramAsync("env", ["-i", $"PATH={Environment.GetEnvironmentVariable("PATH")}", $"HEARTH_HOME={TestRun.Current.Home}", $"http_proxy={proxy}", "HTTPS_PROXY=http://proxy.test:3128", "no_proxy=localhost,127.0.0.1", "sh", "-c", Command, binary, .. options]);

        (await RunAsync("http://proxy.test:3128")).Succeeded().Line.ShouldBe("http://proxy.test:3128 http://proxy.test:3128 localhost,127.0.0.1");
        (await RunAsync("http://127.0.0.1:3128", "--host-access", "-e", "no_proxy=mine")).Succeeded().Line.ShouldBe("http://host.hearth.internal:3128 http://proxy.test:3128 mine");
        (await RunAsync("http://127.0.0.1:3128", "--http-proxy=false")).Succeeded().Line.ShouldBe("");
        Outcome without = (await RunAsync("localhost:3128")).Succeeded();
        without.Line.ShouldBe("http://proxy.test:3128 localhost,127.0.0.1");
        without.Error.ShouldContain("hearth: warning: http_proxy is not passed to the VM");
    }

    [SkippableTheory]
    [InlineData("--forward-localhost=53", "names are answered there")]
    [InlineData("--forward-localhost=80,x", "--forward-localhost x")]
    [InlineData("--net-rate=fast", "--net-rate fast")]
    [InlineData("--net-rate=1", "at least 16k bits per second")]
    [InlineData("--add-host=box:host-gateway", "--host-access")]
    public async Task What_makes_no_sense_is_refused(string option, string message) =>
        (await HearthCommand.RunAsync("run", "--rm", option, "@busybox", "true")).Ended(2).Error.ShouldContain(message);

    [SkippableFact]
    public async Task A_vm_without_a_network_has_none_of_it() =>
        (await HearthCommand.RunAsync("run", "--rm", "--network", "none", "--host-access", "@busybox", "true")).Ended(125).Error.ShouldContain("--network none and --host-access exclude each other");
}

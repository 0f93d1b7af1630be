using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Failpoints;
using Hearth.Vm.Tests.Harness;
using Hearth.Vm.Tests.Images;
using static Hearth.Vm.Tests.Idle.IdleVm;

namespace Hearth.Vm.Tests.Idle;

/// <summary>The published ports of VMs that suspended themselves: whoever comes to one wakes the VM.</summary>
public sealed class DoorkeeperTests
{
    private const string Server = "mkdir -p /w && echo served > /w/index.html && httpd -p 80 -h /w && exec sleep 1000000";

    private static readonly string[] s_idle = ["--idle-suspend", "1s", "-p", "80"];

    public DoorkeeperTests() => TestRun.NeedNetwork();

    [SkippableFact]
    public async Task The_first_connection_to_an_idle_vm_is_answered_and_its_port_stays_the_same()
    {
        string vm = await StartAsync(s_idle, Server);
        string port = await PortAsync(vm);
        await IdleAsync(vm);

        (await PortAsync(vm)).ShouldBe(port);
        (await HearthCommand.RunAsync("ps", "--filter", $"name=^{vm}$", "--format", "{{.Status}} {{.Ports}}")).Succeeded().Line.ShouldMatch($"^Suspended \\(idle\\) .* {port}->80/tcp$");
        (await InspectAsync(vm, "{{json .NetworkSettings.Ports}}")).ShouldContain($"\"{port.Split(':')[1]}\"");
        (await GetAsync(port)).ShouldBe("served\n");

        (await PortAsync(vm)).ShouldBe(port);
        await IdleAsync(vm);
        (await GetAsync(port)).ShouldBe("served\n");
        await IdleAsync(vm);
        (await HistoryAsync(vm)).ShouldBe("suspend idle\nresume idle\nsuspend idle\nresume idle\nsuspend idle");
        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task Connections_that_come_at_once_wake_it_once_and_all_are_answered()
    {
        string vm = await StartAsync(["--idle-suspend", "5s", "-p", "80", "-p", "[::1]::80"], Server);
        string[] ports = [.. (await HearthCommand.RunAsync("port", vm, "80")).Succeeded().Lines];
        await IdleAsync(vm);

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => GetAsync(ports[i % 2])));

        answers.ShouldAllBe(static answer => answer == "served\n");
        await IdleAsync(vm);
        (await HistoryAsync(vm)).ShouldBe("suspend idle\nresume idle\nsuspend idle");
        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task A_datagram_wakes_it_and_is_answered()
    {
        string echo = Convert.ToBase64String(TinyProgram.DatagramEcho(5353));
        string vm = await StartAsync(["--idle-suspend", "1s", "-p", "5353/udp"], $"echo {echo} | base64 -d > /echo && chmod +x /echo && exec /echo");
        IPEndPoint port = IPEndPoint.Parse((await HearthCommand.RunAsync("port", vm, "5353/udp")).Succeeded().Line);
        await IdleAsync(vm);
        using UdpClient client = new();
        client.Connect(port);

        await client.SendAsync("one"u8.ToArray());
        await client.SendAsync("two"u8.ToArray());

        Encoding.ASCII.GetString((await client.ReceiveAsync().WaitAsync(HearthCommand.Bound)).Buffer).ShouldBe("one");
        Encoding.ASCII.GetString((await client.ReceiveAsync().WaitAsync(HearthCommand.Bound)).Buffer).ShouldBe("two");
        await IdleAsync(vm);
        (await HistoryAsync(vm)).ShouldBe("suspend idle\nresume idle\nsuspend idle");
        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task Exec_wakes_it_too_and_takes_the_ports_over()
    {
        string vm = await StartAsync(["--idle-suspend", "5s", "-p", "80"], Server);
        string port = await PortAsync(vm);
        await IdleAsync(vm);
        using Process doorkeeper = await DoorkeeperAsync(vm);

        (await ExecAsync(vm, "echo awake")).ShouldBe("awake");

        await doorkeeper.WaitForExitAsync().WaitAsync(HearthCommand.Bound);
        (await PortAsync(vm)).ShouldBe(port);
        (await GetAsync(port)).ShouldBe("served\n");
        (await InspectAsync(vm, "{{.Hearth.DoorkeeperPid}}")).ShouldBe("0");
        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task A_doorkeeper_is_small_and_has_nothing_but_its_sockets()
    {
        string vm = await StartAsync(s_idle, Server);
        await IdleAsync(vm);
        using Process doorkeeper = await DoorkeeperAsync(vm);

        string[] open = [.. Directory.EnumerateFileSystemEntries($"/proc/{doorkeeper.Id}/fd").Select(static fd => File.ResolveLinkTarget(fd, false)!.Name.Split(':')[0]).Distinct()];
        open.ShouldBeSubsetOf(["null", "socket", "pipe", "anon_inode", "urandom"]);
        long anonymous = File.ReadLines($"/proc/{doorkeeper.Id}/smaps_rollup").Where(static line => line.StartsWith("Pss_Anon:", StringComparison.Ordinal))
            .Select(static line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)).Single();
        anonymous.ShouldBeLessThan(10 * 1024, "kB"); // 6 MB were measured.
        await RemoveAsync(vm);
        await doorkeeper.WaitForExitAsync().WaitAsync(HearthCommand.Bound);
    }

    [SkippableFact]
    public async Task A_vm_to_which_somebody_is_connected_is_not_idle()
    {
        string vm = await StartAsync(["--idle-suspend", "2s", "-p", "80"], Server);
        await IdleAsync(vm); // So its server is up.
        using TcpClient connected = new();
        await connected.ConnectAsync(IPEndPoint.Parse(await PortAsync(vm)));
        await HappenedAsync(vm, "resume", 1);

        // One beside it that does nothing is suspended twice meanwhile.
        string idle = await StartAsync(["--idle-suspend", "2s"], "exec sleep 1000000");
        await IdleAsync(idle);
        (await ExecAsync(idle, "echo woken")).ShouldBe("woken");
        await IdleAsync(idle);
        (await HistoryAsync(vm)).ShouldBe("suspend idle\nresume idle");

        await connected.GetStream().WriteAsync("GET / HTTP/1.0\r\n\r\n"u8.ToArray());
        using StreamReader answer = new(connected.GetStream());
        (await answer.ReadToEndAsync().WaitAsync(HearthCommand.Bound)).ShouldEndWith("served\n");
        connected.Close();
        await IdleAsync(vm);
        await RemoveAsync(vm, idle);
    }

    [SkippableTheory]
    [InlineData("rm", "-f")]
    [InlineData("suspend")]
    public async Task The_ports_are_free_when_a_command_returns_that_ends_the_idleness(params string[] command)
    {
        string vm = await StartAsync(s_idle, Server);
        IPEndPoint port = IPEndPoint.Parse(await PortAsync(vm));
        await IdleAsync(vm);
        string id = HostTraces.IdOf(vm);
        using Process doorkeeper = await DoorkeeperAsync(vm);

        (await HearthCommand.RunAsync([.. command, vm])).Succeeded();

        using (TcpListener free = new(port))
        {
            free.Start();
        }

        await doorkeeper.WaitForExitAsync().WaitAsync(HearthCommand.Bound);
        await HostTraces.NoProcessAsync(id);
        if (command[0] == "suspend")
        {
            (await HearthCommand.RunAsync("port", vm)).Succeeded().Output.ShouldBe("");
            (await HearthCommand.RunAsync("resume", vm)).Succeeded();
            (await GetAsync(await PortAsync(vm))).ShouldBe("served\n");
            await RemoveAsync(vm);
        }
    }

    [SkippableFact]
    public async Task A_doorkeeper_whose_vm_is_taken_away_by_hand_ends()
    {
        string vm = await StartAsync(s_idle, Server);
        await IdleAsync(vm);
        string id = HostTraces.IdOf(vm);
        string directory = HostTraces.DirectoryOf(vm);

        Directory.Move(directory, directory + ".away");
        await HostTraces.NoProcessAsync(id);

        Directory.Move(directory + ".away", directory);
        (await PortsAsync(vm)).ShouldBe("");
        (await ExecAsync(vm, "echo awake")).ShouldBe("awake");
        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task A_doorkeeper_that_was_killed_costs_the_ports_until_the_vm_is_used()
    {
        string vm = await StartAsync(["--idle-suspend", "3s", "-p", "80"], Server);
        await IdleAsync(vm);
        using (Process doorkeeper = await DoorkeeperAsync(vm))
        {
            doorkeeper.Kill();
            await doorkeeper.WaitForExitAsync();
        }

        (await PortsAsync(vm)).ShouldBe("");
        (await ExecAsync(vm, "echo awake")).ShouldBe("awake");
        string port = await PortAsync(vm);
        (await GetAsync(port)).ShouldBe("served\n");
        await IdleAsync(vm);
        (await GetAsync(port)).ShouldBe("served\n");
        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task Who_comes_to_a_vm_that_cannot_go_on_is_refused_and_the_next_one_is_served()
    {
        string vm = await StartAsync(s_idle, Server);
        string port = await PortAsync(vm);
        await IdleAsync(vm);
        string directory = HostTraces.DirectoryOf(vm);
        string memory = Path.Combine(directory, "origin", "memory");
        File.Move(memory, memory + ".away");

        for (int i = 0; i < 2; i++)
        {
            await Should.ThrowAsync<HttpRequestException>(() => GetAsync(port));
        }

        string[] said = [.. File.ReadLines(Path.Combine(directory, "supervisor.log")).Where(static line => line.Contains("error doorkeeper: who came to a port was refused", StringComparison.Ordinal))];
        said.Length.ShouldBeInRange(1, 2); // Who comes while others are being refused is one of them.
        said[0].ShouldContain("origin/memory is missing");
        (await InspectAsync(vm, "{{.State.Status}} {{.Hearth.SuspendedBy}}")).ShouldBe("suspended idle");

        File.Move(memory + ".away", memory);
        (await GetAsync(port)).ShouldBe("served\n");
        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task A_vm_that_cannot_go_on_is_not_tried_for_ever()
    {
        string vm = await StartAsync(s_idle, Server);
        string port = await PortAsync(vm);
        await IdleAsync(vm);
        using Process doorkeeper = await DoorkeeperAsync(vm);
        string directory = HostTraces.DirectoryOf(vm);
        string memory = Path.Combine(directory, "origin", "memory");
        File.Move(memory, memory + ".away");

        // Who comes while others are being refused is one of them: so more than ten come.
        for (int i = 0; i < 100 && !doorkeeper.HasExited; i++)
        {
            await Should.ThrowAsync<HttpRequestException>(() => GetAsync(port));
        }

        await doorkeeper.WaitForExitAsync().WaitAsync(HearthCommand.Bound);
        File.ReadAllText(Path.Combine(directory, "supervisor.log")).ShouldContain("that was 10 times in a row: the ports are closed");
        (await PortsAsync(vm)).ShouldBe("");
        File.Move(memory + ".away", memory);
        (await ExecAsync(vm, "echo awake")).ShouldBe("awake");
        (await GetAsync(await PortAsync(vm))).ShouldBe("served\n");
        await RemoveAsync(vm);
    }

    [SkippableTheory]
    [InlineData("restore.begun")]
    [InlineData("restore.runs")]
    [InlineData("restore.started")]
    public async Task A_supervisor_that_is_killed_before_it_has_the_ports_takes_the_doorkeeper_along(string step)
    {
        string vm = await StartAsync(s_idle, Server);
        await IdleAsync(vm);
        string id = HostTraces.IdOf(vm);
        using HeldChain held = await HeldChain.CreateAsync(step);
        using HearthCommand exec = ChainRun.Start(held, "exec", vm, "true");
        Task<Outcome> ending = exec.EndAsync();
        await held.ReachedAsync(ending);

        HostTraces.Kill(HostTraces.ProcessId(vm, "supervisor"));
        held.Release("");

        (await ending).Ended(1);
        await HostTraces.NothingAsync(id);
        (await HearthCommand.RunAsync("start", vm)).Succeeded();
        await PortAsync(vm);
        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task A_doorkeeper_that_is_killed_while_the_vm_is_woken_costs_what_waits_and_no_more()
    {
        string vm = await StartAsync(s_idle, Server);
        string port = await PortAsync(vm);
        await IdleAsync(vm);
        using HeldChain held = await HeldChain.CreateAsync("restore.begun");
        using HearthCommand exec = ChainRun.Start(held, "exec", vm, "echo", "awake");
        Task<Outcome> ending = exec.EndAsync();
        await held.ReachedAsync(ending);

        HostTraces.Kill(HostTraces.ProcessId(vm, "doorkeeper"));
        held.Release("");

        (await ending).Succeeded().Line.ShouldBe("awake");
        (await PortAsync(vm)).ShouldBe(port);
        (await GetAsync(port)).ShouldBe("served\n");
        await RemoveAsync(vm);
    }

    [SkippableFact]
    public async Task A_supervisor_that_is_killed_before_its_state_names_the_doorkeeper_leaves_none()
    {
        using HeldChain held = await HeldChain.CreateAsync("suspend.posted");
        string vm = TestRun.Current.NewName();
        using HearthCommand run = ChainRun.Start(held, ["run", "-d", "--name", vm, .. s_idle, "@busybox", "--", "sh", "-c", Server]);
        (await run.EndAsync()).Succeeded();
        string id = HostTraces.IdOf(vm);
        await held.ReachedAsync(new TaskCompletionSource<Outcome>().Task.WaitAsync(HearthCommand.Bound));
        HostTraces.Processes($"doorkeeper\0{id}").Count.ShouldBe(1);

        HostTraces.Kill(HostTraces.ProcessId(vm, "supervisor"));

        await HostTraces.NoProcessAsync(id);
        (await InspectAsync(vm, "{{.State.Status}}")).ShouldBe("exited");
        (await HearthCommand.RunAsync("start", vm)).Succeeded();
        await PortAsync(vm);
        await RemoveAsync(vm);
    }

    private static async Task<Process> DoorkeeperAsync(string vm) => Process.GetProcessById(int.Parse(await InspectAsync(vm, "{{.Hearth.DoorkeeperPid}}"), CultureInfo.InvariantCulture));

    private static async Task<string> PortsAsync(string vm) => (await HearthCommand.RunAsync("port", vm)).Succeeded().Output;

    private static async Task<string> PortAsync(string vm) => (await HearthCommand.RunAsync("port", vm, "80")).Succeeded().Line;

    private static async Task<string> GetAsync(string authority)
    {
        using HttpClient client = new() { Timeout = HearthCommand.Bound };
        return await client.GetStringAsync(new Uri($"http://{authority}/"));
    }
}

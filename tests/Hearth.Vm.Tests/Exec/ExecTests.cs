using System.Security.Cryptography;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Exec;

public sealed class ExecTests
{
    private static LazyVm Vm => LazyVm.Shared;

    [SkippableFact]
    public async Task Environment_directory_and_user_are_as_asked()
    {
        Outcome outcome = (await Vm.ExecWithAsync(["-e", "A=b c", "-w", "/var", "-u", "33:44"], "sh", "-c", "echo $A; pwd; id -u; id -g")).Succeeded();

        outcome.Lines.ShouldBe(["b c", "/var", "33", "44"]);
    }

    [SkippableFact]
    public async Task Input_passes_as_bytes_and_ends()
    {
        byte[] input = RandomNumberGenerator.GetBytes(3_000_001);

        Outcome outcome = (await HearthCommand.RunWithInputAsync(input, "exec", "-i", await Vm.NameAsync(), "cat")).Succeeded();

        outcome.OutputBytes.AsSpan().SequenceEqual(input).ShouldBeTrue();
    }

    [SkippableFact]
    public async Task A_detached_command_goes_on_alone()
    {
        (await Vm.ExecWithAsync(["-d"], "sh", "-c", "mkfifo /tmp/detached; cat /tmp/detached > /tmp/received")).Succeeded().Output.ShouldBeEmpty();

        (await Vm.ShellAsync("until [ -p /tmp/detached ]; do :; done; echo news > /tmp/detached; until [ -s /tmp/received ]; do :; done; cat /tmp/received")).Succeeded().Line.ShouldBe("news");
    }

    [SkippableFact]
    public async Task Privileged_gives_every_capability()
    {
        const string Show = "grep CapEff /proc/self/status";

        string usual = (await Vm.ShellAsync(Show)).Succeeded().Line;
        string all = (await Vm.ExecWithAsync(["--privileged"], "sh", "-c", Show)).Succeeded().Line;

        usual.ShouldEndWith("00000000a80425fb");
        all.ShouldEndWith("000001ffffffffff");
    }

    [SkippableFact]
    public async Task The_guest_itself_is_reached_with_vm()
    {
        Outcome outcome = (await Vm.ExecWithAsync(["--vm"], "sh", "-c", "readlink /proc/1/exe; ps | grep -c kthreadd")).Succeeded();

        outcome.Lines[0].ShouldNotContain("sleep");
        int.Parse(outcome.Lines[1], null).ShouldBeGreaterThan(0);
    }

    [SkippableFact]
    public async Task Orphans_are_reaped()
    {
        await Vm.ShellAsync("(sleep 0.1 &) ; (sleep 0.1 &)");

        // The orphans fall to process 1, which is 'sleep' and reaps nothing: they must not pile up for the guest's init either.
        (await Vm.ExecWithAsync(["--vm"], "sh", "-c", "sleep 1; ps -o stat,ppid | awk '$1 ~ /^Z/ && $2 == 1' | wc -l")).Succeeded().Line.ShouldBe("0");
    }

    [SkippableFact]
    public async Task A_vm_that_is_not_there_is_named()
    {
        Outcome outcome = await HearthCommand.RunAsync("exec", "no-such-vm", "true");

        outcome.ExitCode.ShouldNotBe(0);
        outcome.Error.ShouldContain("no-such-vm");
    }

    [SkippableFact]
    public async Task A_unique_start_of_the_id_is_enough()
    {
        string id = (await HearthCommand.RunAsync("inspect", "--format", "{{.Id}}", await Vm.NameAsync())).Succeeded().Line;

        (await HearthCommand.RunAsync("exec", id[..12], "hostname")).Succeeded().Line.ShouldBe("box");
    }

    [SkippableFact]
    public async Task Eight_at_once_each_get_their_own_output()
    {
        await Vm.NameAsync();

        Outcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(static number => Vm.ShellAsync($"echo {number}; exit {number}")));

        outcomes.Select(static outcome => $"{outcome.Line} {outcome.ExitCode}").ShouldBe(["0 0", "1 1", "2 2", "3 3", "4 4", "5 5", "6 6", "7 7"]);
    }
}

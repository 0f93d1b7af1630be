using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Terminal;

/// <summary>Sessions under a pseudo-terminal: <c>script</c> of util-linux is the terminal, the test types and reads.</summary>
public sealed class TerminalTests
{
    [SkippableFact]
    public async Task The_size_is_the_terminals_and_follows_it_and_the_mode_is_put_back()
    {
        using var directory = new TemporaryDirectory();
        string tty = directory["tty"];
        const string Guest = "trap 'stty size | sed s/^/changed:/' WINCH; trap 'exit 3' INT; stty size | sed s/^/size:/; while :; do sleep 0.1; done";
        using HearthCommand terminal = Open($"tty > {tty}; stty rows 41 cols 123; stty -g | sed s/^/before=/; $hearth exec -it {await LazyVm.Shared.NameAsync()} sh -c \"{Guest}\"; echo code=$?; stty -g | sed s/^/after=/");

        await terminal.OutputAsync("size:41 123");
        (await HearthCommand.RunProgramAsync("/bin/stty", "-F", (await File.ReadAllTextAsync(tty)).Trim(), "rows", "20", "cols", "77")).Succeeded();
        await terminal.OutputAsync("changed:20 77");
        await terminal.TypeAsync("\u0003");

        string shown = (await terminal.EndAsync()).Output;
        shown.ShouldContain("code=3");
        Field(shown, "after=").ShouldBe(Field(shown, "before="));
    }

    [SkippableFact]
    public async Task What_is_typed_is_echoed_once()
    {
        using HearthCommand terminal = Open($"$hearth exec -it {await LazyVm.Shared.NameAsync()} sh -c 'echo rea''dy; cat'");

        // With its line end: an echo may come between the two.
        await terminal.OutputAsync("ready\r\n");
        await terminal.TypeAsync("single\n");
        await terminal.OutputAsync("single\r\nsingle\r\n");
        await terminal.TypeAsync("\u0004");

        Outcome outcome = (await terminal.EndAsync()).Succeeded();
        outcome.Output.Split("single").Length.ShouldBe(3, outcome.Output);
    }

    [SkippableFact]
    public async Task Control_c_interrupts_the_command_in_the_guest()
    {
        using HearthCommand terminal = Open($"$hearth exec -it {await LazyVm.Shared.NameAsync()} sh -c 'echo sta''rted; sleep 1000'");

        await terminal.OutputAsync("started");
        await terminal.TypeAsync("\u0003");

        (await terminal.EndAsync()).Ended(130);
    }

    [SkippableFact]
    public async Task Detach_keys_leave_the_vm_running_and_attach_comes_back()
    {
        string name = TestRun.Current.NewName();
        using (HearthCommand terminal = Open($"$hearth run -it --name {name} @busybox sh; echo code=$?"))
        {
            await terminal.OutputAsync("# ");
            await terminal.TypeAsync("echo fi''rst\n");
            await terminal.OutputAsync("first");
            await terminal.TypeAsync("\u0010\u0011");
            (await terminal.EndAsync()).Output.ShouldContain("code=0");
        }

        using (HearthCommand terminal = Open($"$hearth attach {name}; echo code=$?"))
        {
            await terminal.TypeAsync("echo sec''ond\n");
            await terminal.OutputAsync("second");
            await terminal.TypeAsync("exit 6\n");
            (await terminal.EndAsync()).Output.ShouldContain("code=6");
        }

        (await HearthCommand.RunAsync("rm", name)).Succeeded();
    }

    [SkippableFact]
    public async Task A_terminal_is_the_controlling_one_and_jobs_work()
    {
        using HearthCommand terminal = Open($"stty cols 200; $hearth exec -it {await LazyVm.Shared.NameAsync()} sh");

        await terminal.OutputAsync("# ");
        await terminal.TypeAsync("tty; ls -l /proc/self/fd/0 | sed 's/.*-> /std: /'; sleep 500 &\n");
        await terminal.OutputAsync("std: /dev/pts/");
        await terminal.TypeAsync("jobs | sed s/^/jobs:/; kill %1; exit 0\n");
        Outcome outcome = (await terminal.EndAsync()).Succeeded();

        outcome.Output.ShouldContain("/dev/pts/");
        outcome.Output.ShouldNotContain("job control turned off");
    }

    [SkippableFact]
    public async Task Vi_edits_a_file()
    {
        string name = await LazyVm.Shared.NameAsync();
        using HearthCommand terminal = Open($"stty rows 24 cols 80; $hearth exec -it {name} vi /tmp/edited");

        await terminal.OutputAsync("- /tmp/edited");
        await terminal.TypeAsync("i");
        await terminal.OutputAsync("I /tmp/edited");
        await terminal.TypeAsync("typed text");
        await terminal.TypeAsync("\u001b");
        await terminal.OutputAsync("[Modified]");
        await terminal.TypeAsync(":wq\r");

        (await terminal.EndAsync()).Succeeded();
        (await LazyVm.Shared.ExecAsync("cat", "/tmp/edited")).Succeeded().Line.ShouldBe("typed text");
    }

    [SkippableFact]
    public async Task Tty_without_a_terminal_is_refused()
    {
        Outcome outcome = await HearthCommand.RunAsync("exec", "-it", await LazyVm.Shared.NameAsync(), "true");

        outcome.ExitCode.ShouldNotBe(0);
        outcome.Error.ShouldContain("not a TTY");
    }

    private static HearthCommand Open(string script)
    {
        TestRun.NeedProgram("script");
        return HearthCommand.StartProgram("script", "-qec", $"hearth={TestRun.Current.Binary}; {script}", "/dev/null");
    }

    private static string Field(string text, string name)
    {
        string line = text.Split('\n').Single(line => line.StartsWith(name, StringComparison.Ordinal));
        return line[name.Length..].TrimEnd('\r');
    }
}

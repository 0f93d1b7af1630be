using Hearth.Vm.Tests.Crash;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Templates;

/// <summary>Alone: templates are counted and removed. Each test has a size of memory of its own.</summary>
[Collection(AloneCollection.Name)]
public sealed class ApplicationTemplateTests
{
    /// <summary>Notes which start of it this is, and is ready.</summary>
    private const string Application = "head -c 16 /dev/urandom | md5sum | cut -c1-32 > /token; echo starting; touch /ready; echo ready to serve; exec sleep 1000000";

    [SkippableTheory]
    [InlineData("351M", "log:^ready .*serve$")]
    [InlineData("352M", "exec:test -f /ready")]
    public async Task Later_runs_go_on_from_the_application_that_was_ready(string memory, string condition)
    {
        string first = await RunAsync(memory, condition);
        await TemplateOfAsync(first);
        string token = await AskAsync(first, "cat /token");
        (await AskAsync(first, "echo alive")).ShouldBe("alive");

        string second = await RunAsync(memory, condition);

        (await AskAsync(second, "cat /token")).ShouldBe(token);
        (await AskAsync(second, "hostname")).ShouldBe(second);
        (await AskAsync(first, "hostname")).ShouldBe(first);
        (await HearthCommand.RunAsync("logs", second)).Succeeded().Output.ShouldNotContain("starting");
        (await AskAsync(second, "cat /proc/sys/kernel/random/uuid")).ShouldNotBe(await AskAsync(first, "cat /proc/sys/kernel/random/uuid"));
        string different = await RunAsync(memory, condition, "-e", "MODE=other");
        await TemplateOfAsync(different);
        (await AskAsync(different, "cat /token")).ShouldNotBe(token);

        (await HearthCommand.RunAsync("rm", "-f", first, second, different)).Succeeded();
        await ForgetAsync(memory);
    }

    [SkippableFact]
    public async Task A_template_that_does_not_restore_is_removed_and_the_application_starts_anew()
    {
        const string Memory = "353M";
        const string Condition = "log:ready";
        string first = await RunAsync(Memory, Condition);
        string key = await TemplateOfAsync(first);
        string token = await AskAsync(first, "cat /token");
        (await HearthCommand.RunAsync("rm", "-f", first)).Succeeded();
        string state = Path.Combine(TestRun.Current.Home, "templates", key, "device.state");
        using (FileStream broken = new(state, FileMode.Open, FileAccess.Write))
        {
            broken.SetLength(broken.Length / 2);
        }

        string name = TestRun.Current.NewName();
        Outcome outcome = (await HearthCommand.RunAsync(Arguments(name, Memory, Condition))).Succeeded();

        outcome.Error.ShouldContain("could not be used and was removed; it starts anew");
        (await TemplateOfAsync(name)).ShouldBe(key);
        (await AskAsync(name, "cat /token")).ShouldNotBe(token);
        (await HearthCommand.RunAsync("rm", "-f", name)).Succeeded();
        await ForgetAsync(Memory);
    }

    [SkippableFact]
    public async Task A_run_that_ends_before_it_is_ready_leaves_no_template()
    {
        const string Memory = "354M";

        Outcome outcome = (await HearthCommand.RunAsync("run", "--rm", "-m", Memory, "--snapshot-when", "exec:false", "@busybox", "echo", "done")).Succeeded();

        outcome.Line.ShouldBe("done");
        outcome.Error.ShouldBeEmpty();
        (await HearthCommand.RunAsync("template", "ls", "--format", "{{.Memory}} {{.Ready}}")).Succeeded().Lines
            .Where(static line => line.StartsWith("354MiB", StringComparison.Ordinal)).ShouldBe(["354MiB to start"]);
        await ForgetAsync(Memory);
    }

    [SkippableFact]
    public async Task A_restored_application_has_its_terminal_and_its_owner()
    {
        const string Memory = "355M";
        string[] run = ["run", "--rm", "-i", "-m", Memory, "--snapshot-when", "log:ready", "@busybox", "sh", "-c", "echo ready; while read line; do echo got $line; done"];
        using HearthCommand first = HearthCommand.Start(run);
        await first.OutputAsync("ready");
        using HearthCommand events = HearthCommand.Start("events", "--since", "1m", "--filter", "event=template");
        await events.OutputAsync("template");
        first.Input.Close();
        (await first.EndAsync()).Succeeded();

        Outcome second = (await HearthCommand.RunWithInputAsync("a\nb\n"u8.ToArray(), run)).Succeeded();

        second.Output.ShouldBe("got a\ngot b\n");
        await ForgetAsync(Memory);
    }

    private static string[] Arguments(string name, string memory, string condition, params string[] options) =>
        ["run", "-d", "--name", name, "-m", memory, "--snapshot-when", condition, .. options, "@busybox", "sh", "-c", Application];

    private static async Task<string> RunAsync(string memory, string condition, params string[] options)
    {
        string name = TestRun.Current.NewName();
        (await HearthCommand.RunAsync(Arguments(name, memory, condition, options))).Succeeded();
        return name;
    }

    /// <summary>Waits until the VM has left its template.</summary>
    private static async Task<string> TemplateOfAsync(string name)
    {
        using HearthCommand events = HearthCommand.Start(
            "events", "--since", "5m", "--filter", "event=template", "--filter", $"container={name}", "--format", "key={{.Actor.Attributes.template}}");
        await events.OutputAsync("key=");
        string key = (await HearthCommand.RunAsync(
            "events", "--since", "5m", "--until", "0s", "--filter", "event=template", "--filter", $"container={name}", "--format", "{{.Actor.Attributes.template}}")).Succeeded().Line;
        Directory.Exists(Path.Combine(TestRun.Current.Home, "templates", key)).ShouldBeTrue();
        return key;
    }

    private static async Task<string> AskAsync(string name, string script) => (await HearthCommand.RunAsync("exec", name, "sh", "-c", script)).Succeeded().Line;

    private static async Task ForgetAsync(string memory)
    {
        string[] keys = [.. (await HearthCommand.RunAsync("template", "ls", "--no-trunc", "--format", "{{.Memory}} {{.Key}}")).Succeeded().Lines
            .Where(line => line.StartsWith($"{memory}iB ", StringComparison.Ordinal)).Select(static line => line.Split(' ')[1])];
        if (keys.Length > 0)
        {
            (await HearthCommand.RunAsync(["template", "rm", .. keys])).Succeeded();
        }
    }
}

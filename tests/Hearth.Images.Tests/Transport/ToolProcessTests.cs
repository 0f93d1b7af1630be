using System.Text;
using Hearth.Core.Errors;
using Hearth.Linux.Processes;

namespace Hearth.Images.Tests.Transport;

public sealed class ToolProcessTests
{
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Input_goes_through_byte_by_byte()
    {
        byte[] sent = new byte[1 << 20];
        new Random(1).NextBytes(sent);
        using var received = new MemoryStream();

        await ToolProcess.RunAsync(new ToolCommand("cat", []), new ToolStreams { Input = new MemoryStream(sent), Output = received }, CancellationToken.None).WaitAsync(s_budget);

        received.ToArray().ShouldBe(sent);
    }

    [Fact]
    public async Task A_failure_has_the_name_the_exit_code_and_what_it_said()
    {
        ToolFailedException error = await Should.ThrowAsync<ToolFailedException>(() =>
            ToolProcess.RunAsync(new ToolCommand("cat", ["/nowhere/at/all"]), new ToolStreams(), CancellationToken.None));

        error.ExitStatus.ShouldBe(1);
        error.Message.ShouldEndWith("/nowhere/at/all: No such file or directory");
        error.Message.ShouldStartWith("cat failed with exit code 1: ");
    }

    [Fact]
    public async Task A_missing_tool_names_its_package()
    {
        HearthException error = await Should.ThrowAsync<HearthException>(() =>
            ToolProcess.RunAsync(new ToolCommand("no-such-tool", []) { Package = "tools" }, new ToolStreams(), CancellationToken.None));

        error.Message.ShouldBe("'no-such-tool' is not installed.");
        error.Hint.ShouldBe("Run 'apt-get install tools'.");
    }

    [Fact]
    public async Task Cancelling_ends_a_tool_that_would_run_for_ever()
    {
        using var cancel = new CancellationTokenSource();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task run = ToolProcess.RunAsync(new ToolCommand("yes", []), new ToolStreams { OutputLine = _ => started.TrySetResult() }, cancel.Token);
        await started.Task.WaitAsync(s_budget);

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => run.WaitAsync(s_budget));
    }

    [Fact]
    public async Task More_output_than_allowed_ends_the_tool()
    {
        HearthException error = await Should.ThrowAsync<HearthException>(() =>
            ToolProcess.ReadAsync(new ToolCommand("yes", []), 1000, CancellationToken.None).WaitAsync(s_budget));

        error.Code.ShouldBe("tool.output-too-large");
    }

    [Fact]
    public async Task Only_the_last_lines_of_stderr_are_kept()
    {
        var numbers = new ToolCommand("awk", ["BEGIN { for (i = 1; i <= 50; i++) print i > \"/dev/stderr\"; exit 3 }"]);

        ToolFailedException error = await Should.ThrowAsync<ToolFailedException>(() => ToolProcess.RunAsync(numbers, new ToolStreams(), CancellationToken.None));

        error.ErrorTail.ShouldBe(Enumerable.Range(31, 20).Select(static number => number.ToString(System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task A_tool_that_closes_its_input_early_still_succeeds()
    {
        using var output = new MemoryStream();
        var endless = new MemoryStream(Encoding.ASCII.GetBytes(new string('x', 4 << 20)));

        await ToolProcess.RunAsync(new ToolCommand("head", ["-c", "3"]), new ToolStreams { Input = endless, Output = output }, CancellationToken.None).WaitAsync(s_budget);

        Encoding.ASCII.GetString(output.ToArray()).ShouldBe("xxx");
    }
}

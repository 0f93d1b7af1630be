using System.Diagnostics;
using System.Text;

namespace Hearth.Vm.Tests.Harness;

/// <summary>One run of the published binary. Its end is awaited with a bound, and only this child is ever killed.</summary>
internal sealed class HearthCommand : IDisposable
{
    /// <summary>Far above what a boot takes under software emulation on a busy host: reaching it means that something hangs.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromMinutes(4);

    private readonly Process _process;
    private readonly string _commandLine;
    private readonly StreamText _output;
    private readonly StreamText _error;

    private HearthCommand(ProcessStartInfo start)
    {
        _commandLine = $"{Path.GetFileName(start.FileName)} {string.Join(' ', start.ArgumentList)}";
        _process = Process.Start(start)!;
        _output = new StreamText(_process.StandardOutput.BaseStream);
        _error = new StreamText(_process.StandardError.BaseStream);
    }

    public int ProcessId => _process.Id;

    /// <summary>stdin of the command, written as bytes; disposing it is the end of file.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>Runs <c>hearth</c> to its end with an empty stdin.</summary>
    public static Task<Outcome> RunAsync(params string[] arguments) => RunWithInputAsync(ReadOnlyMemory<byte>.Empty, arguments);

    /// <summary>Runs <c>hearth</c> to its end with <paramref name="input"/> as its stdin.</summary>
    public static async Task<Outcome> RunWithInputAsync(ReadOnlyMemory<byte> input, params string[] arguments)
    {
        using HearthCommand command = Start(arguments);
        Task write = command.SendAsync(input);
        Outcome outcome = await command.EndAsync();
        await write;
        return outcome;
    }

    /// <summary>Starts <c>hearth</c> with its stdin left open.</summary>
    public static HearthCommand Start(params string[] arguments) => StartProgram(TestRun.Current.Binary, arguments);

    /// <summary>Starts another program in the environment of the test run: a pseudo-terminal or a shell around <c>hearth</c>.</summary>
    public static HearthCommand StartProgram(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["HEARTH_HOME"] = TestRun.Current.Home;
        start.Environment["TERM"] = "xterm";
        return new HearthCommand(start);
    }

    /// <summary>Runs another program to its end, with an empty stdin.</summary>
    public static async Task<Outcome> RunProgramAsync(string program, params string[] arguments)
    {
        using HearthCommand command = StartProgram(program, arguments);
        command.Input.Close();
        return await command.EndAsync();
    }

    /// <summary>Runs skopeo to its end, with no credentials: where it looks for them may be closed to an ordinary user.</summary>
    public static Task<Outcome> SkopeoAsync(params string[] arguments) =>
        RunProgramAsync("env", [$"REGISTRY_AUTH_FILE={Path.Combine(TestRun.Current.Home, "no-credentials.json")}", "skopeo", .. arguments]);

    /// <summary>Waits until stdout holds <paramref name="text"/>.</summary>
    public Task OutputAsync(string text) => AwaitAsync(_output.ContainsAsync(text), $"its stdout did not show '{text}'");

    /// <summary>Waits until stderr holds <paramref name="text"/>.</summary>
    public Task ErrorAsync(string text) => AwaitAsync(_error.ContainsAsync(text), $"its stderr did not show '{text}'");

    /// <summary>stdout as far as it has come.</summary>
    public string OutputSoFar => Encoding.UTF8.GetString(_output.Bytes());

    /// <summary>stderr as far as it has come.</summary>
    public string ErrorSoFar => Encoding.UTF8.GetString(_error.Bytes());

    public async Task TypeAsync(string text)
    {
        await Input.WriteAsync(Encoding.UTF8.GetBytes(text));
        await Input.FlushAsync();
    }

    /// <summary>Waits for the end of the process and of both of its streams.</summary>
    public async Task<Outcome> EndAsync()
    {
        await AwaitAsync(Task.WhenAll(_process.WaitForExitAsync(), _output.Ended, _error.Ended), "it did not end");
        return new Outcome(_commandLine, _process.ExitCode, _output.Bytes(), MissingNetwork.Without(_error.Bytes()));
    }

    public void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task SendAsync(ReadOnlyMemory<byte> input)
    {
        try
        {
            await Input.WriteAsync(input);
            Input.Close();
        }
        catch (IOException)
        {
            // The command ended without reading all of it: its outcome says whether that was right.
        }
    }

    private async Task AwaitAsync(Task task, string failure)
    {
        try
        {
            await task.WaitAsync(Bound);
        }
        catch (TimeoutException)
        {
            Kill();
            throw new TimeoutException($"{_commandLine}: {failure} within {Bound}.\nstdout: {Tail(_output)}\nstderr: {Tail(_error)}");
        }
    }

    private static string Tail(StreamText stream)
    {
        string text = Encoding.UTF8.GetString(stream.Bytes());
        return text.Length <= 1000 ? text : text[^1000..];
    }
}

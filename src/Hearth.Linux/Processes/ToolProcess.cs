using System.ComponentModel;
using System.Diagnostics;
using Hearth.Core.Errors;

namespace Hearth.Linux.Processes;

/// <summary>Runs a program of another package to its end, as a child that never outlives this process.</summary>
/// <remarks>
/// Each child has a thread that starts it and waits for it: PR_SET_PDEATHSIG (by setpriv(1)) fires when the thread that forked
/// ends, and a pool thread may end at any time (prctl(2)).
/// </remarks>
public static class ToolProcess
{
    private const string SetPriv = "/usr/bin/setpriv";

    private static readonly string[] s_systemDirectories = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/lib/systemd"];

    /// <summary>Runs the tool; returns when it has ended with exit code 0 and all its output was delivered.</summary>
    /// <exception cref="ToolFailedException"><c>tool.failed</c>: any other end.</exception>
    /// <exception cref="HearthException"><c>tool.missing</c>: not installed; <c>tool.failed</c>: cannot be started.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the tool and its children have been killed and have ended.</exception>
    public static async Task RunAsync(ToolCommand command, ToolStreams streams, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = new Process { StartInfo = StartInfo(command, Find(command)) };
        Task exit = await StartAsync(process, command);
        using CancellationTokenRegistration onCancel = cancellationToken.Register(() => Kill(process));
        var errorTail = new LineTail();
        try
        {
            await Task.WhenAll(PumpAsync(process, streams, errorTail, cancellationToken), exit);
        }
        finally
        {
            await exit;
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (process.ExitCode != 0)
        {
            throw new ToolFailedException(command.Program, process.ExitCode, errorTail.Lines);
        }
    }

    /// <summary>Runs the tool and returns what it wrote to standard output, refusing more than <paramref name="maximumBytes"/>.</summary>
    public static async Task<byte[]> ReadAsync(ToolCommand command, int maximumBytes, CancellationToken cancellationToken)
    {
        using var output = new BoundedMemoryStream(maximumBytes, command.Program);
        await RunAsync(command, new ToolStreams { Output = output }, cancellationToken);
        return output.ToArray();
    }

    /// <summary>The program's path, or null when it is not installed.</summary>
    public static string? Find(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            return File.Exists(program) ? program : null;
        }

        string[] path = Environment.GetEnvironmentVariable("PATH")?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return path.Concat(s_systemDirectories).Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);
    }

    private static string Find(ToolCommand command) => Find(command.Program) ?? throw new HearthException(
        "tool.missing",
        $"'{command.Program}' is not installed.",
        $"Run 'apt-get install {command.Package ?? command.Program}'.");

    private static ProcessStartInfo StartInfo(ToolCommand command, string path)
    {
        bool bound = File.Exists(SetPriv);
        var info = new ProcessStartInfo(bound ? SetPriv : path)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = command.WorkingDirectory ?? "",
        };
        IEnumerable<string> prefix = bound ? ["--pdeathsig", "KILL", "--", path] : [];
        foreach (string argument in prefix.Concat(command.Arguments))
        {
            info.ArgumentList.Add(argument);
        }

        foreach ((string name, string? value) in command.Environment)
        {
            info.Environment[name] = value;
        }

        return info;
    }

    private static async Task<Task> StartAsync(Process process, ToolCommand command)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => StartAndWait(process, started, ended)) { IsBackground = true, Name = $"hearth: {command.Program}" };
        thread.Start();
        try
        {
            await started.Task;
        }
        catch (Win32Exception e)
        {
            throw new HearthException("tool.failed", $"Cannot start '{command.Program}': {e.Message}.", inner: e);
        }

        return ended.Task;
    }

    private static void StartAndWait(Process process, TaskCompletionSource started, TaskCompletionSource ended)
    {
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            started.SetException(e);
            return;
        }

        started.SetResult();
        process.WaitForExit();
        ended.SetResult();
    }

    private static Task PumpAsync(Process process, ToolStreams streams, LineTail errorTail, CancellationToken cancellationToken)
    {
        Task input = FeedAsync(process, streams.Input, cancellationToken);
        Task output = streams.Output is { } sink
            ? process.StandardOutput.BaseStream.CopyToAsync(sink, cancellationToken)
            : EachLineAsync(process.StandardOutput, line => streams.OutputLine?.Invoke(line), cancellationToken);
        Task error = EachLineAsync(
            process.StandardError,
            line =>
            {
                errorTail.Add(line);
                streams.ErrorLine?.Invoke(line);
            },
            cancellationToken);
        return Task.WhenAll(OrKillAsync(input, process), OrKillAsync(output, process), OrKillAsync(error, process));
    }

    /// <summary>A tool whose stream failed on our side (a full disk, say) would wait for ever: it is ended first.</summary>
    private static async Task OrKillAsync(Task pump, Process process)
    {
        try
        {
            await pump;
        }
        catch (Exception)
        {
            Kill(process);
            throw;
        }
    }

    private static async Task FeedAsync(Process process, Stream? input, CancellationToken cancellationToken)
    {
        Stream target = process.StandardInput.BaseStream;
        byte[] buffer = input is null ? [] : new byte[128 << 10];
        int count = 0;
        while (input is not null && (count = await input.ReadAsync(buffer, cancellationToken)) > 0)
        {
            try
            {
                await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            }
            catch (IOException)
            {
                // The tool closed its input before all of it was read: its exit code says whether that is a failure.
                break;
            }
        }

        // Not the writer above it: its flush fails on a pipe whose reader has gone.
        await target.DisposeAsync();
    }

    private static async Task EachLineAsync(StreamReader reader, Action<string> each, CancellationToken cancellationToken)
    {
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            each(line);
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has just ended by itself.
        }
    }
}

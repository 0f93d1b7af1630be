using System.Diagnostics;
using Hearth.Bench.Measurement;

namespace Hearth.Bench.Processes;

/// <summary>
/// Runs child programs and times them. Subjects and floors both go through here, so that what starting a process from .NET
/// costs is in both. Standard error is this program's, so that what a child complains about is seen, unless the caller takes it.
/// </summary>
internal static class Child
{
    /// <summary>Longer than any single step takes on a busy machine; what takes longer hangs and is killed.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);

    /// <summary>Runs a program to its end, whatever its exit code.</summary>
    /// <exception cref="BenchException">It hangs.</exception>
    public static TimedRun Run(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? directory = null)
    {
        ProcessStartInfo start = StartInfo(program, arguments, environment, directory);
        long began = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        bool hung = false;
        using CancellationTokenSource limit = new(s_limit);
        using CancellationTokenRegistration killing = limit.Token.Register(() =>
        {
            hung = true;
            process.Kill();
        });
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
        return hung
            ? throw new BenchException($"'{Describe(program, arguments)}' did not end within {s_limit.TotalMinutes:0} minutes.")
            : new TimedRun(process.ExitCode, elapsed, output);
    }

    /// <summary>Runs a program that has to succeed.</summary>
    /// <exception cref="BenchException">It failed or hangs.</exception>
    public static TimedRun RunChecked(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? directory = null)
    {
        TimedRun run = Run(program, arguments, environment, directory);
        return run.ExitCode == 0 ? run : throw new BenchException($"'{Describe(program, arguments)}' ended with exit code {run.ExitCode}.");
    }

    /// <summary>Starts a program whose standard output is read by the caller, who disposes it.</summary>
    /// <param name="takeErrors">Standard error is read by the caller too.</param>
    public static Process Start(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null, bool takeErrors = false)
    {
        ProcessStartInfo start = StartInfo(program, arguments, environment, null);
        start.RedirectStandardError = takeErrors;
        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    private static ProcessStartInfo StartInfo(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment, string? directory)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = directory ?? "",
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static string Describe(string program, IReadOnlyList<string> arguments)
    {
        const int Longest = 120;
        string line = $"{Path.GetFileName(program)} {string.Join(' ', arguments)}";
        return line.Length <= Longest ? line : line[..Longest] + "…";
    }
}

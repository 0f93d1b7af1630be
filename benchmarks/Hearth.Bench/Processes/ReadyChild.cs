using System.Diagnostics;
using Hearth.Bench.Measurement;

namespace Hearth.Bench.Processes;

/// <summary>A child that runs beside what is measured, once it has said that it is ready. What it says on is read and forgotten. Disposing kills it.</summary>
internal sealed class ReadyChild : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);
    private readonly Process _process;

    private ReadyChild(Process process) => _process = process;

    /// <param name="process">Just started, its standard output redirected; this takes it over.</param>
    /// <param name="ready">What a line of its output holds then.</param>
    /// <exception cref="BenchException">It ended before.</exception>
    /// <exception cref="TimeoutException">It says nothing.</exception>
    public static async Task<ReadyChild> AwaitAsync(Process process, string ready)
    {
        ReadyChild child = new(process);
        TaskCompletionSource<bool> shown = new(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null || line.Data.Contains(ready, StringComparison.Ordinal))
            {
                shown.TrySetResult(line.Data is not null);
            }
        };
        process.BeginOutputReadLine();
        try
        {
            return await shown.Task.WaitAsync(s_limit) ? child : throw new BenchException($"'{Path.GetFileName(process.StartInfo.FileName)}' ended before it was ready.");
        }
        catch
        {
            child.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}

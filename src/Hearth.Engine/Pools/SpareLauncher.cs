using System.ComponentModel;
using System.Diagnostics;
using Hearth.Core.Errors;
using Hearth.Core.Storage;
using Hearth.Linux.Processes;

namespace Hearth.Engine.Pools;

/// <summary>Starts processes that own a spare each. They are bound to nobody: a pool is what its file says until that says something else.</summary>
public static class SpareLauncher
{
    /// <summary>What a process says that found its pool full.</summary>
    internal const string Enough = "enough";

    internal const string Ready = "ready";

    /// <summary>Starts one and waits until it stands ready.</summary>
    /// <returns>False when there are enough already.</returns>
    /// <exception cref="HearthException"><c>spare.failed</c>: what it said.</exception>
    public static async Task<bool> StartAsync(HearthPaths paths, string pool, CancellationToken cancellationToken)
    {
        using Process process = await SpawnAsync(paths, pool);
        string? said = await process.StandardOutput.ReadLineAsync(cancellationToken);
        return said switch
        {
            Ready => true,
            Enough => false,
            _ => throw new HearthException("spare.failed", $"A VM could not be made ready: {said ?? "its process ended without a word"}", "'hearth doctor' checks what it needs."),
        };
    }

    /// <summary>Starts one and does not wait. One that fails is missing until the next: a run is never told.</summary>
    internal static async Task TryStartAsync(HearthPaths paths, string pool)
    {
        try
        {
            (await SpawnAsync(paths, pool)).Dispose();
        }
        catch (Win32Exception)
        {
            // No process is to be had just now.
        }
    }

    private static Task<Process> SpawnAsync(HearthPaths paths, string pool)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, ["supervisor", "--spare", pool])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        start.Environment["HEARTH_HOME"] = paths.Home;
        return SpawnThread.RunAsync(() => Process.Start(start)!);
    }
}

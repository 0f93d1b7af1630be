using Hearth.Core.Errors;
using Hearth.Linux.Files;
using Hearth.Vmm;

namespace Hearth.Engine.Failpoints;

// Theory of operation
//
// A supervisor that was started with HEARTH_FAILPOINT=STEP:PIPE stops at that step (ChainSteps) and opens the named pipe for
// reading. That it could be opened for writing tells the test that the step is reached, and that nothing of the chain goes on
// until the pipe is closed: meanwhile it kills whom it likes. A word on the pipe has the supervisor do what only it can:
//
//   cut   the link to the agent is closed, as if either side had failed
//
// A step is held once. Without the variable it costs one comparison with null.

/// <summary>Holds a chain at a named step, for tests.</summary>
internal static class Failpoint
{
    public const string Variable = "HEARTH_FAILPOINT";

    private static Armed? s_armed;

    /// <summary>To be called once, before the first step.</summary>
    /// <param name="value">Of the variable; null or empty for none.</param>
    /// <exception cref="HearthException"><c>failpoint.invalid</c>.</exception>
    public static void Arm(string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return;
        }

        s_armed = value.Split(':', 2) is [var step, { Length: > 0 } pipe]
            ? new Armed(step, pipe)
            : throw new HearthException("failpoint.invalid", $"{Variable}={value}: not a step and a pipe.", $"Unset {Variable}; it is for tests.");
    }

    /// <summary>Says that a step has been taken. Returns when the chain may go on.</summary>
    /// <param name="step">Which.</param>
    /// <param name="vmm">Whose link can be cut; null where there is none.</param>
    public static Task ReachAsync(ChainStep step, IVmInstance? vmm = null) =>
        s_armed is { } armed && armed.Step == step.Name && Interlocked.Exchange(ref s_armed, null) is not null ? Task.Run(() => Hold(armed.Pipe, vmm)) : Task.CompletedTask;

    private static void Hold(string path, IVmInstance? vmm)
    {
        using StreamReader pipe = new(new DescriptorStream(Descriptors.OpenRead(path)));
        if (pipe.ReadToEnd() == "cut")
        {
            vmm?.Link.Dispose();
        }
    }

    private sealed record Armed(string Step, string Pipe);
}

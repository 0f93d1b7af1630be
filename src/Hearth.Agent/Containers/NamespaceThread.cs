using System.Runtime.ExceptionServices;

namespace Hearth.Agent.Containers;

/// <summary>Runs work on a thread made for it: what that thread enters (setns(2)) is its own, and ends with it.</summary>
internal static class NamespaceThread
{
    private const int StackBytes = 512 * 1024;

    public static void Run(Action work)
    {
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(
            () =>
            {
                try
                {
                    work();
                }
#pragma warning disable CA1031 // Carried to the caller.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    failure = ExceptionDispatchInfo.Capture(e);
                }
            },
            StackBytes)
        {
            IsBackground = true,
            Name = "hearth: namespace",
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
    }
}

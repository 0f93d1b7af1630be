using System.Runtime.ExceptionServices;
using Hearth.Linux.Mounts;

namespace Hearth.Agent.Containers;

/// <summary>
/// Runs file work inside the container's mount namespace, on a thread made for it: root and mounts belong to the thread
/// once it shares them with nobody, so paths mean what they mean to the container, its own mounts included, and nothing
/// leads out. What runs here loads no library and looks up no user names: that would read the container's files as ours.
/// </summary>
internal static class ContainerThread
{
    private const int StackBytes = 512 * 1024;

    public static void Run(Container container, Action work)
    {
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(
            () =>
            {
                try
                {
                    MountNamespace.Enter(container.Init.Handle);
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
            Name = "hearth: files",
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
    }
}

using Hearth.Agent.Boot;
using Hearth.Linux.Mounts;

namespace Hearth.Agent.Containers;

/// <summary>
/// Runs file work inside the container's mount namespace, on a thread made for it: root and mounts belong to the thread
/// once it shares them with nobody, so paths mean what they mean to the container, its own mounts included, and nothing
/// leads out. What runs here loads no library and looks up no user names: that would read the container's files as ours.
/// </summary>
internal static class ContainerThread
{
    /// <param name="container">Null when there is none: work is done in the root that it would have.</param>
    /// <param name="work">Paths in it begin at the container's root.</param>
    public static void Run(Container? container, Action work) => NamespaceThread.Run(() =>
    {
        if (container is null)
        {
            MountNamespace.EnterRoot(GuestPaths.ContainerRoot);
        }
        else
        {
            MountNamespace.Enter(container.Init.Handle);
        }

        work();
    });
}

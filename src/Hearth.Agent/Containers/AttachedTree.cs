using Microsoft.Win32.SafeHandles;

namespace Hearth.Agent.Containers;

/// <summary>A mount from outside that a container gets.</summary>
/// <param name="Target">Absolute path in the container.</param>
/// <param name="Mount">Detached (<see cref="Linux.Mounts.MountTree"/>); owned.</param>
/// <param name="IsFile">It is mounted over a file.</param>
internal sealed record AttachedTree(string Target, SafeFileHandle Mount, bool IsFile) : IDisposable
{
    public void Dispose() => Mount.Dispose();
}

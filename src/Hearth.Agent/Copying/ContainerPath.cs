using Hearth.Linux.Files;
using Hearth.Protocol.Agent;

namespace Hearth.Agent.Copying;

/// <summary>Describes paths; on a <see cref="Containers.ContainerThread"/>.</summary>
internal static class ContainerPath
{
    /// <summary>Absolute, without "." and "..", which cannot lead above the root.</summary>
    public static string Normalize(string path) => Path.GetFullPath(path, "/");

    public static PathReply Describe(string path)
    {
        string name = path == "/" ? "/" : Path.GetFileName(path.TrimEnd('/'));
        if (!FileStatus.TryRead(path, follow: false, out FileStatus status))
        {
            return new PathReply(false, false, name, null, 0, 0);
        }

        string? target = status.Kind == FileKind.Link ? new FileInfo(path).LinkTarget : null;
        bool directory = FileStatus.TryRead(path, follow: true, out FileStatus followed) && followed.Kind == FileKind.Directory;
        return new PathReply(true, directory, name, target, status.Mode, status.SizeBytes);
    }
}

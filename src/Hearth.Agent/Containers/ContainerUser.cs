using Hearth.Agent.Users;
using Hearth.Linux.Files;

namespace Hearth.Agent.Containers;

/// <summary>Looks a user up in a container's files.</summary>
internal static class ContainerUser
{
    /// <summary>More than any account file that is not an attack on the agent's memory.</summary>
    private const int MaxFileBytes = 4 << 20;

    public static ResolvedUser Resolve(RootedDirectory root, string user) => ResolvedUser.Resolve(
        user, root.ReadText("/etc/passwd", MaxFileBytes), root.ReadText("/etc/group", MaxFileBytes));
}

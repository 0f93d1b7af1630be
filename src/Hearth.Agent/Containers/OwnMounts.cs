using Hearth.Core.Errors;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Mounts;

namespace Hearth.Agent.Containers;

/// <summary>The mounts of one container, made from a thread in its mount namespace: an upper directory before what lies in it.</summary>
internal static class OwnMounts
{
    /// <exception cref="HearthException"><c>mount.failed</c>.</exception>
    public static void Attach(IReadOnlyList<AttachedTree> trees, IReadOnlyDictionary<string, string> tmpfs)
    {
        IEnumerable<(string Target, Action Mount)> mounts =
        [
            .. trees.Select(static tree => (tree.Target, (Action)(() => Attach(tree)))),
            .. tmpfs.Select(static pair => (pair.Key, (Action)(() => MountMemory(pair.Key, pair.Value)))),
        ];
        foreach ((string target, Action mount) in mounts.OrderBy(static m => m.Target.Count(static c => c == '/')).ToArray())
        {
            try
            {
                mount();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new HearthException("mount.failed", $"{target} cannot be mounted in the container: {e.Message}", "Choose a target that is not, and is not below, something of another kind.", inner: e);
            }
        }
    }

    private static void Attach(AttachedTree tree)
    {
        if (tree.IsFile)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(tree.Target)!);
            if (!File.Exists(tree.Target))
            {
                File.WriteAllBytes(tree.Target, []);
            }
        }
        else
        {
            Directory.CreateDirectory(tree.Target);
        }

        MountTree.Attach(tree.Mount, tree.Target);
    }

    private static void MountMemory(string target, string options)
    {
        (MountFlags flags, string data) = TmpfsOptions.Parse(options);
        Directory.CreateDirectory(target);
        FileSystems.Mount("tmpfs", target, "tmpfs", flags, data);
    }
}

namespace Hearth.Posix.Areas;

/// <summary>Who may take a name out of a directory: unlink(2), rmdir(2), and rename(2) on both of its sides.</summary>
internal static class Removal
{
    private static readonly User[] s_users = [User.Root, User.Alice, User.Bob, User.BobOfAlices];

    public static Case[] Of(string name, Func<string, long> remove, bool directories, bool removes = true) =>
    [
        new("needs write and search permission of the directory", scene => Permission(scene, name, remove, directories), Needs.Users),
        new("in a sticky directory is for the owners of the file and of the directory", scene => Sticky(scene, name, remove, directories, removes), Needs.Users),
    ];

    private static void Permission(Scene scene, string name, Func<string, long> remove, bool directories)
    {
        (int Mode, User User, bool Allowed)[] table =
        [
            (300, User.Alice, true), (200, User.Alice, false), (577, User.Alice, false), (677, User.Alice, false),
            (30, User.BobOfAlices, true), (20, User.BobOfAlices, false), (757, User.BobOfAlices, false),
            (30, User.BobBesideAlice, true), (10, User.BobBesideAlice, false), (707, User.BobBesideAlice, false),
            (3, User.Bob, true), (775, User.Bob, false), (776, User.Bob, false), (0, User.Root, true),
        ];
        foreach ((int mode, User user, bool allowed) in table)
        {
            foreach (FileKind kind in scene.Kinds.Where(kind => (kind == FileKind.Directory) == directories))
            {
                string folder = scene.FolderOf(User.Alice, 755);
                string path = $"{folder}/{kind}";
                scene.Make(kind, path, 777);
                // The file's own mode and owner do not matter; a directory that moves is written to itself, for its "..".
                scene.Must(lchown(path, user.Id, user.Group));
                scene.Must(chmod(folder, Octal(mode)));
                using (As(user))
                {
                    scene.Gives(allowed ? 0 : EACCES, remove(path), $"{name} of a {kind} in a directory of mode {mode} as {user}");
                }
            }
        }
    }

    private static void Sticky(Scene scene, string name, Func<string, long> remove, bool directories, bool removes)
    {
        foreach (User folderOwner in new[] { User.Root, User.Alice, User.Bob })
        {
            string folder = scene.FolderOf(folderOwner, 1777);
            foreach (User owner in new[] { User.Root, User.Alice, User.Bob })
            {
                foreach (User user in s_users)
                {
                    foreach (FileKind kind in scene.Kinds.Where(kind => (kind == FileKind.Directory) == directories))
                    {
                        string path = $"{folder}/{scene.Fresh()}";
                        scene.Make(kind, path, 777);
                        scene.Must(lchown(path, owner.Id, owner.Group));
                        bool allowed = user == User.Root || user.Id == owner.Id || user.Id == folderOwner.Id;
                        using (As(user))
                        {
                            scene.Gives(allowed ? 0 : EPERM, remove(path), $"{name} of {owner}'s {kind} in {folderOwner}'s sticky directory as {user}");
                        }
                        scene.Equal(allowed && removes, lstat(path, out _) == -ENOENT, $"{owner}'s {kind} is gone");
                    }
                }
            }
        }
    }
}

namespace Hearth.Posix.Scenes;

/// <summary>The calling thread acts as another user until disposed. Real and effective ids change, the saved id stays root's: the way back.</summary>
internal readonly struct ActingAs : IDisposable
{
    private readonly uint[] _groups;

    public ActingAs(User user)
    {
        uint[] groups = new uint[64];
        _groups = groups[..Math.Max(0, Kernel.getgroups(groups))];
        long result = Kernel.setgroups(user.Groups);
        if (result < 0)
        {
            throw new SkipException($"cannot act as {user}: {Errno.Describe(result)}");
        }
        result = Kernel.setresgid(user.Group, user.Group, 0);
        result = result < 0 ? result : Kernel.setresuid(user.Id, user.Id, 0);
        if (result < 0)
        {
            Dispose();
            throw new SkipException($"cannot act as {user}: {Errno.Describe(result)}");
        }
    }

    public void Dispose()
    {
        long user = Kernel.setresuid(0, 0, 0);
        long group = Kernel.setresgid(0, 0, 0);
        long groups = Kernel.setgroups(_groups);
        if (user < 0 || group < 0 || groups < 0)
        {
            throw new InvalidOperationException($"cannot become root again: {Errno.Describe(Math.Min(user, Math.Min(group, groups)))}");
        }
    }
}

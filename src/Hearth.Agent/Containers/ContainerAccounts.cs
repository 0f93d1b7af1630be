using Hearth.Agent.Users;
using Hearth.Linux.Files;

namespace Hearth.Agent.Containers;

/// <summary>A container's account files, read once.</summary>
internal sealed class ContainerAccounts
{
    /// <summary>More than any account file that is not an attack on the agent's memory.</summary>
    private const int MaxFileBytes = 4 << 20;

    private readonly string? _passwd;
    private readonly string? _group;
    private (string Text, ResolvedUser User)? _expected;

    private ContainerAccounts(string? passwd, string? group)
    {
        _passwd = passwd;
        _group = group;
    }

    public static ContainerAccounts Read(RootedDirectory root) => new(root.ReadText("/etc/passwd", MaxFileBytes), root.ReadText("/etc/group", MaxFileBytes));

    /// <summary>Looks a user up ahead of need; one that is not there is told when it is needed.</summary>
    public void Expect(string user)
    {
        try
        {
            _expected = (user, Resolve(user));
        }
        catch (Core.Errors.HearthException)
        {
            _expected = null;
        }
    }

    /// <exception cref="Core.Errors.HearthException"><c>user.unknown</c> or <c>group.unknown</c>.</exception>
    public ResolvedUser Resolve(string user) => _expected is { } expected && expected.Text == user ? expected.User : ResolvedUser.Resolve(user, _passwd, _group);
}

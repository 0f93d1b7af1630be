using System.Globalization;
using Hearth.Core.Errors;

namespace Hearth.Agent.Users;

/// <summary>Who a process runs as.</summary>
/// <param name="User">uid.</param>
/// <param name="Group">gid.</param>
/// <param name="Groups">Supplementary groups.</param>
/// <param name="Home">Home directory; <c>/</c> when unknown.</param>
internal sealed record ResolvedUser(uint User, uint Group, IReadOnlyList<uint> Groups, string Home)
{
    /// <summary>The largest id (uid_t without -1, which means "leave it").</summary>
    private const uint MaxId = int.MaxValue;

    /// <summary>
    /// Docker's rules: <c>user[:group]</c>, each a name or a number; names win. A number needs no entry. With no group the user's own is taken
    /// (0 without an entry), and the groups that list the user's name are added; with a group there are no others. The group itself is always among the supplementary ones.
    /// </summary>
    /// <param name="text">What was asked; empty is root.</param>
    /// <param name="passwd">The container's /etc/passwd; null when it has none.</param>
    /// <param name="group">The container's /etc/group; null when it has none.</param>
    /// <exception cref="HearthException"><c>user.unknown</c> or <c>group.unknown</c>.</exception>
    public static ResolvedUser Resolve(string text, string? passwd, string? group)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string userText = colon < 0 ? text : text[..colon];
        string groupText = colon < 0 ? "" : text[(colon + 1)..];
        string wanted = userText.Length == 0 ? "0" : userText;
        PasswdEntry? entry = Find(passwd, wanted);
        if (entry is null && !IsId(wanted, out _))
        {
            throw new HearthException(
                "user.unknown", $"unable to find user {wanted}: no matching entries in passwd file", "Name a user of the image, or a uid.", ExitCodes.CannotExecute);
        }

        _ = IsId(wanted, out uint id);
        uint user = entry?.User ?? id;
        string home = string.IsNullOrEmpty(entry?.Home) ? "/" : entry.Home;
        uint primary = groupText.Length > 0 ? FindGroup(group, groupText) : entry?.Group ?? 0;
        return new ResolvedUser(user, primary, groupText.Length > 0 || entry is null ? [primary] : GroupsOf(group, entry), home);
    }

    private static PasswdEntry? Find(string? passwd, string wanted)
    {
        PasswdEntry? byId = null;
        bool isId = IsId(wanted, out uint id);
        foreach (PasswdEntry entry in AccountFile.ParsePasswd(passwd))
        {
            if (entry.Name == wanted)
            {
                return entry;
            }

            if (isId && entry.User == id)
            {
                byId ??= entry;
            }
        }

        return byId;
    }

    private static uint FindGroup(string? file, string wanted)
    {
        foreach (GroupEntry entry in AccountFile.ParseGroup(file))
        {
            if (entry.Name == wanted)
            {
                return entry.Id;
            }
        }

        return IsId(wanted, out uint id)
            ? id
            : throw new HearthException(
                "group.unknown", $"unable to find group {wanted}: no matching entries in group file", "Name a group of the image, or a gid.", ExitCodes.CannotExecute);
    }

    private static List<uint> GroupsOf(string? file, PasswdEntry user)
    {
        List<uint> groups = [user.Group];
        foreach (GroupEntry entry in AccountFile.ParseGroup(file))
        {
            if (entry.Members.Contains(user.Name) && !groups.Contains(entry.Id))
            {
                groups.Add(entry.Id);
            }
        }

        return groups;
    }

    private static bool IsId(string text, out uint id) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id <= MaxId;
}

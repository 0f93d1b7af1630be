namespace Hearth.Agent.Users;

/// <summary>Lines of /etc/passwd and /etc/group: fields between colons. What is not such a line is passed over, as getpwnam(3) does.</summary>
internal static class AccountFile
{
    public static IEnumerable<PasswdEntry> ParsePasswd(string? text)
    {
        foreach (string[] fields in Lines(text))
        {
            if (fields.Length >= 4 && fields[0].Length > 0 && uint.TryParse(fields[2], out uint user) && uint.TryParse(fields[3], out uint group))
            {
                yield return new PasswdEntry(fields[0], user, group, fields.Length > 5 ? fields[5] : "");
            }
        }
    }

    public static IEnumerable<GroupEntry> ParseGroup(string? text)
    {
        foreach (string[] fields in Lines(text))
        {
            if (fields.Length >= 3 && fields[0].Length > 0 && uint.TryParse(fields[2], out uint id))
            {
                yield return new GroupEntry(fields[0], id, fields.Length > 3 ? fields[3].Split(',', StringSplitOptions.RemoveEmptyEntries) : []);
            }
        }
    }

    private static IEnumerable<string[]> Lines(string? text)
    {
        foreach (string line in (text ?? "").Split('\n'))
        {
            string trimmed = line.Trim();
            if (trimmed.Length > 0 && trimmed[0] != '#')
            {
                yield return trimmed.Split(':');
            }
        }
    }
}

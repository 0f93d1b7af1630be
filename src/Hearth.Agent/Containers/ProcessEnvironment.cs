using Hearth.Core.Specs;

namespace Hearth.Agent.Containers;

/// <summary>The environment of a process: Docker's defaults under what was asked.</summary>
internal static class ProcessEnvironment
{
    public const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>The order is that of first mention; of two values the later one wins; an entry without '=' is dropped.</summary>
    public static List<string> Merge(ProcessSpec process, string hostname, string home)
    {
        List<string> entries = [$"PATH={DefaultPath}", $"HOSTNAME={hostname}"];
        if (process.Tty)
        {
            entries.Add("TERM=xterm");
        }

        foreach (string entry in process.Env)
        {
            Set(entries, entry);
        }

        if (Find(entries, "HOME") is null)
        {
            entries.Add($"HOME={home}");
        }

        return entries;
    }

    public static string? Find(IReadOnlyList<string> entries, string name)
    {
        string prefix = name + "=";
        foreach (string entry in entries)
        {
            if (entry.StartsWith(prefix, StringComparison.Ordinal))
            {
                return entry[prefix.Length..];
            }
        }

        return null;
    }

    private static void Set(List<string> entries, string entry)
    {
        int equals = entry.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            return;
        }

        string prefix = entry[..(equals + 1)];
        int place = entries.FindIndex(e => e.StartsWith(prefix, StringComparison.Ordinal));
        if (place < 0)
        {
            entries.Add(entry);
        }
        else
        {
            entries[place] = entry;
        }
    }
}

using System.Text;
using Hearth.Agent.Boot;
using Hearth.Linux.Files;

namespace Hearth.Agent.Containers;

/// <summary>The files that are mounted over the container's own. They keep their inodes: containers have them mounted already.</summary>
internal static class EtcFiles
{
    // What each was last given: after a restore most are as they were.
    private static readonly Dictionary<string, string> s_written = [];

    public static void Write(string name, IReadOnlyList<string> lines)
    {
        string text = lines.Count == 0 ? "" : string.Join('\n', lines) + "\n";
        if (s_written.TryGetValue(name, out string? before) && before == text)
        {
            return;
        }

        using DescriptorStream file = new(Descriptors.Create($"{GuestPaths.Files}/{name}"));
        file.Write(Encoding.UTF8.GetBytes(text));
        s_written[name] = text;
    }
}

using System.Globalization;
using Hearth.Core.Errors;
using Hearth.Core.Units;

namespace Hearth.Cli.Run;

/// <summary><c>--tmpfs /path[:options]</c>.</summary>
internal static class TmpfsMounts
{
    private static readonly HashSet<string> s_words = new(StringComparer.Ordinal)
    {
        "ro", "rw", "exec", "noexec", "suid", "nosuid", "dev", "nodev", "sync", "async", "atime", "noatime", "diratime", "nodiratime",
        "relatime", "norelatime", "strictatime", "nostrictatime", "rprivate", "private", "rshared", "shared", "rslave", "slave",
    };

    /// <summary>The path, without a trailing slash, and the mount options (<c>size=</c> in bytes).</summary>
    /// <exception cref="HearthException"><c>tmpfs.invalid</c>.</exception>
    public static KeyValuePair<string, string> Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string path = colon < 0 ? text : text[..colon];
        string options = colon < 0 ? "" : text[(colon + 1)..];
        if (!path.StartsWith('/') || path.Split('/').Contains("..") || path.Trim('/').Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            throw Invalid(text, "the path must be absolute, below / and without '..'");
        }

        IEnumerable<string> each = options.Length == 0 ? [] : options.Split(',').Select(option => Option(text, option));
        return new(path.TrimEnd('/'), string.Join(',', each));
    }

    private static string Option(string text, string option)
    {
        int equals = option.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? option : option[..equals];
        string value = equals < 0 ? "" : option[(equals + 1)..];
        return name switch
        {
            _ when equals < 0 && s_words.Contains(name) => option,
            "size" when value.EndsWith('%') && Number(value[..^1]) => option,
            "size" when ByteSize.TryParse(value, out ByteSize size) => $"size={size.Bytes}",
            "mode" when value.Length is > 0 and <= 5 && value.All(static c => c is >= '0' and <= '7') => option,
            "uid" or "gid" or "nr_inodes" or "nr_blocks" when Number(value) => option,
            _ => throw Invalid(text, $"'{option}' is no tmpfs option"),
        };
    }

    private static bool Number(string value) => long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static HearthException Invalid(string text, string cause) => new(
        "tmpfs.invalid", $"--tmpfs {text}: {cause}.", "Write --tmpfs /path or --tmpfs /path:size=64m,mode=1777,noexec.");
}

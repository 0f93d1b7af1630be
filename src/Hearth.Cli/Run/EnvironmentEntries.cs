using System.Buffers;
using System.Text;
using Hearth.Core.Errors;

namespace Hearth.Cli.Run;

/// <summary>Environment variables and labels from flags and files, as Docker reads them.</summary>
internal static class EnvironmentEntries
{
    private const string Blank = " \t\n\v\f\r";
    private static readonly SearchValues<char> s_blank = SearchValues.Create(Blank);

    /// <summary>Docker's order: the files first, then <c>-e</c>; a later entry of a name wins. <c>NAME</c> alone without a value on the host means "remove it".</summary>
    public static IReadOnlyList<string> Collect(IEnumerable<string> files, IEnumerable<string> flags, Func<string, string?> variable)
    {
        var entries = files.SelectMany(file => ReadFile(file, "--env-file", variable)).ToList();
        foreach (string flag in flags)
        {
            if (flag.Length == 0 || flag[0] == '=')
            {
                throw new HearthException("env.invalid", $"--env '{flag}': the name is empty.", "Write -e NAME=value, or -e NAME to pass on your own.");
            }

            entries.Add(flag.Contains('=', StringComparison.Ordinal) ? flag : variable(flag) is { } value ? $"{flag}={value}" : flag);
        }

        return entries;
    }

    /// <summary>
    /// Replaces entries of <paramref name="inherited"/> by those of the same name in <paramref name="changes"/>, in place, appends new ones,
    /// and drops the ones that <paramref name="changes"/> name without a value.
    /// </summary>
    public static IReadOnlyList<string> Merge(IEnumerable<string> inherited, IEnumerable<string> changes)
    {
        var entries = new List<string>(inherited);
        foreach (string change in changes)
        {
            string name = NameOf(change);
            int at = entries.FindIndex(entry => NameOf(entry) == name);
            bool removes = name.Length == change.Length;
            if (at >= 0 && removes)
            {
                entries.RemoveAt(at);
            }
            else if (at >= 0)
            {
                entries[at] = change;
            }
            else if (!removes)
            {
                entries.Add(change);
            }
        }

        return entries;
    }

    /// <summary>
    /// One <c>NAME=value</c> per line; blank lines and lines that begin with <c>#</c> are comments; the value is everything behind
    /// <c>=</c>, quotes and trailing spaces included; a name alone takes the value of <paramref name="variable"/>, or is left out.
    /// </summary>
    /// <exception cref="HearthException"><c>env-file.missing</c>, <c>env-file.invalid</c>.</exception>
    public static IEnumerable<string> ReadFile(string path, string option, Func<string, string?> variable)
    {
        string[] lines;
        try
        {
            lines = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF').Split('\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string cause = e is FileNotFoundException or DirectoryNotFoundException ? "no such file" : e.Message;
            throw new HearthException("env-file.missing", $"{option} {path}: {cause}.", "Check the path; it is relative to the current directory.", inner: e);
        }
        catch (DecoderFallbackException e)
        {
            throw new HearthException("env-file.invalid", $"{option} {path}: it is not UTF-8 text.", "Save the file as UTF-8.", inner: e);
        }

        for (int number = 1; number <= lines.Length; number++)
        {
            string line = lines[number - 1].TrimEnd('\r').TrimStart(Blank.ToCharArray());
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            string name = NameOf(line);
            if (name.Length == 0 || name.AsSpan().ContainsAny(s_blank))
            {
                string cause = name.Length == 0 ? "there is no name before '='" : $"the name '{name}' contains white space";
                throw new HearthException("env-file.invalid", $"{option} {path}, line {number}: {cause}.", "Write one NAME=value per line.");
            }

            if (name.Length < line.Length)
            {
                yield return line;
            }
            else if (variable(name) is { } value)
            {
                yield return $"{name}={value}";
            }
        }
    }

    public static string NameOf(string entry)
    {
        int equals = entry.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? entry : entry[..equals];
    }
}

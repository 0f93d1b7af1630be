namespace Hearth.Cli.Output.Templates;

/// <summary>
/// Cuts a template into text and actions: finds the closing braces outside of quotes, drops comments, and applies
/// <c>{{-</c> and <c>-}}</c>. In text, <c>\t</c> and <c>\n</c> stand for themselves escaped, because shells pass them on
/// unread; Docker does the same.
/// </summary>
internal static class TemplateScanner
{
    public static List<TemplateSegment> Scan(string template)
    {
        List<TemplateSegment> segments = [];
        bool trimNext = false;
        int at = 0;
        while (at < template.Length)
        {
            int open = template.IndexOf("{{", at, StringComparison.Ordinal);
            string text = template[at..(open < 0 ? template.Length : open)];
            bool trimsLeft = open >= 0 && TrimsLeft(template, open + 2);
            AddText(segments, text, at + 1, trimNext, trimsLeft);
            if (open < 0)
            {
                break;
            }

            int start = open + 2 + (trimsLeft ? 1 : 0);
            int close = FindClose(template, open, start);
            trimNext = close - 2 >= start && template[close - 1] == '-' && IsSpace(template[close - 2]);
            string content = template[start..(close - (trimNext ? 1 : 0))];
            if (!IsComment(content))
            {
                segments.Add(new TemplateSegment(true, content, start + 1));
            }

            at = close + 2;
        }

        return segments;
    }

    private static void AddText(List<TemplateSegment> segments, string text, int column, bool trimStart, bool trimEnd)
    {
        string resolved = text.Replace("\\t", "\t", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal);
        resolved = trimStart ? resolved.TrimStart(' ', '\t', '\r', '\n') : resolved;
        resolved = trimEnd ? resolved.TrimEnd(' ', '\t', '\r', '\n') : resolved;
        if (resolved.Length > 0)
        {
            segments.Add(new TemplateSegment(false, resolved, column));
        }
    }

    private static bool TrimsLeft(string template, int at) =>
        at + 1 < template.Length && template[at] == '-' && IsSpace(template[at + 1]);

    private static bool IsComment(string content)
    {
        ReadOnlySpan<char> inner = content.AsSpan().Trim();
        return inner.StartsWith("/*") && inner.EndsWith("*/") && inner.Length >= 4;
    }

    private static int FindClose(string template, int open, int start)
    {
        for (int at = start; at < template.Length; at++)
        {
            char c = template[at];
            if (c is '"' or '`' or '\'')
            {
                at = SkipQuoted(template, at, c);
            }
            else if (c == '/' && at + 1 < template.Length && template[at + 1] == '*')
            {
                int end = template.IndexOf("*/", at + 2, StringComparison.Ordinal);
                at = end < 0 ? throw new TemplateException(at + 1, "the comment is not closed") : end + 1;
            }
            else if (c == '}' && at + 1 < template.Length && template[at + 1] == '}')
            {
                return at;
            }
        }

        throw new TemplateException(open + 1, "'{{' is not closed by '}}'");
    }

    private static int SkipQuoted(string template, int start, char quote)
    {
        for (int at = start + 1; at < template.Length; at++)
        {
            if (template[at] == quote)
            {
                return at;
            }

            if (template[at] == '\\' && quote != '`')
            {
                at++;
            }
        }

        throw new TemplateException(start + 1, "the quoted text is not closed");
    }

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\r' or '\n';
}

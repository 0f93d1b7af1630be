using System.Text.RegularExpressions;
using Hearth.Core.Errors;

namespace Hearth.Core.Specs;

/// <summary>When an application counts as ready, so that later runs may go on from there: <c>log:REGEX</c>, <c>exec:COMMAND</c> or <c>healthy</c>.</summary>
/// <param name="Command">Run by <c>/bin/sh -c</c> in the container until it succeeds; null for the others.</param>
/// <param name="Line">Matched by a line of standard output or standard error; null for the others. Both null: when its health check has succeeded.</param>
public sealed record ReadyCondition(string? Command, Regex? Line)
{
    /// <summary>When the container is first healthy.</summary>
    public const string HealthyText = "healthy";

    private const string LogPrefix = "log:";
    private const string ExecPrefix = "exec:";

    /// <param name="text">As the user wrote it.</param>
    /// <exception cref="HearthException"><c>snapshot-when.invalid</c>: none of them, an empty one, or not a regular expression.</exception>
    public static ReadyCondition Parse(string text)
    {
        if (text.StartsWith(ExecPrefix, StringComparison.Ordinal) && text[ExecPrefix.Length..].Trim() is { Length: > 0 } command)
        {
            return new ReadyCondition(command, null);
        }

        if (text.StartsWith(LogPrefix, StringComparison.Ordinal) && text.Length > LogPrefix.Length)
        {
            return new ReadyCondition(null, Compile(text));
        }

        return text == HealthyText
            ? new ReadyCondition(null, null)
            : throw new HearthException(
                "snapshot-when.invalid", $"--snapshot-when {text}: not a condition.", "Write log:REGEX, for a line of output, exec:COMMAND, for a command that succeeds, or healthy.");
    }

    /// <summary>Without backtracking: what it is matched against comes from a guest, and must not cost more than its length.</summary>
    private static Regex Compile(string text)
    {
        try
        {
            return new Regex(text[LogPrefix.Length..], RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new HearthException(
                "snapshot-when.invalid", $"--snapshot-when {text}: {e.Message}", "Look-around, back references and atomic groups are not known; a plain word is a regular expression too.", inner: e);
        }
    }
}

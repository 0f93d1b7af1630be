using System.Text;
using Hearth.Core.Errors;
using Hearth.Core.Naming;

namespace Hearth.Networking.Egress;

/// <summary>
/// Rules from files that users write, <c>NAME.rules</c> in one directory: a rule a line, <c>#</c> begins a comment. A file names
/// no other file: what a VM may reach is to be seen in one place.
/// </summary>
/// <param name="directory"><c>$HEARTH_HOME/egress</c>.</param>
public sealed class EgressPresets(string directory)
{
    internal const int MaxFileBytes = 1 << 20;
    internal const int MaxRules = 4096;

    /// <summary>The rules of values of a flag, presets replaced by what is in them.</summary>
    /// <exception cref="HearthException"><c>egress.rule</c>, <c>egress.preset</c>, <c>egress.rules-many</c>.</exception>
    public IReadOnlyList<EgressRule> Expand(IReadOnlyList<string> values, bool isDenied)
    {
        string flag = isDenied ? "--deny" : "--allow";
        EgressRule[] rules = [.. values.SelectMany(value => value.StartsWith('@') ? Load(value, flag, isDenied) : [EgressRuleParser.Parse(value, flag, isDenied)])];
        return rules.Length <= MaxRules ? rules : throw new HearthException(
            "egress.rules-many", $"{flag}: {rules.Length} rules are more than the {MaxRules} that a VM can have.", "Use wildcards, or wider networks.", ExitCodes.Usage);
    }

    private static string Read(string path, string value, string flag)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] bytes = new byte[MaxFileBytes + 1];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length <= MaxFileBytes ? Encoding.UTF8.GetString(bytes, 0, length) : throw new HearthException(
                "egress.preset", $"{flag} '{value}': {path} is larger than {MaxFileBytes >> 20} MiB.", "Split it.", ExitCodes.Usage);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HearthException("egress.preset", $"{flag} '{value}': there is no file {path}.", "Write one, with a rule on each line.", ExitCodes.Usage, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HearthException("egress.preset", $"{flag} '{value}': {path} cannot be read: {e.Message}", "Make it a readable file.", ExitCodes.Usage, e);
        }
    }

    private IEnumerable<EgressRule> Load(string value, string flag, bool isDenied)
    {
        string name = value[1..];
        if (!DnsLabel.IsValid(name))
        {
            throw new HearthException("egress.preset", $"{flag} '{value}': presets have names of a-z, 0-9 and '-'.", "Rename the file.", ExitCodes.Usage);
        }

        string path = Path.Combine(directory, name + ".rules");
        string[] lines = Read(path, value, flag).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Split('#', 2)[0].Trim();
            if (line.StartsWith('@'))
            {
                throw new HearthException("egress.preset", $"{path}:{i + 1} '{line}': a preset names no other.", "Give both on the command line.", ExitCodes.Usage);
            }

            if (line.Length > 0)
            {
                EgressRule rule = EgressRuleParser.Parse(line, $"{path}:{i + 1}", isDenied);
                yield return rule with { Text = $"{value} {rule.Text}" };
            }
        }
    }
}

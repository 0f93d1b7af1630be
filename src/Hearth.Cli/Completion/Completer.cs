using System.CommandLine;

namespace Hearth.Cli.Completion;

/// <summary>
/// What may stand where the cursor is. Commands and options come from the command tree itself; names come from a source that
/// is asked only where they fit.
/// </summary>
/// <param name="root">The tree, whole.</param>
/// <param name="names">Live names of a kind, with a description each.</param>
internal sealed class Completer(Command root, Func<NameKind, IEnumerable<(string Name, string Description)>> names)
{
    private static readonly Dictionary<string, NameKind> s_arguments = new()
    {
        ["start"] = NameKind.StoppedVm,
        ["rm"] = NameKind.Vm,
        ["stop"] = NameKind.RunningVm,
        ["restart"] = NameKind.Vm,
        ["kill"] = NameKind.RunningVm,
        ["exec"] = NameKind.RunningVm,
        ["attach"] = NameKind.RunningVm,
        ["logs"] = NameKind.Vm,
        ["top"] = NameKind.RunningVm,
        ["stats"] = NameKind.RunningVm,
        ["wait"] = NameKind.Vm,
        ["inspect"] = NameKind.VmOrImage,
        ["rename"] = NameKind.Vm,
        ["egress show"] = NameKind.Vm,
        ["egress set"] = NameKind.Vm,
        ["egress allow"] = NameKind.Vm,
        ["egress deny"] = NameKind.Vm,
        ["egress log"] = NameKind.Vm,
        ["pause"] = NameKind.RunningVm,
        ["unpause"] = NameKind.Vm,
        ["cp"] = NameKind.VmPath,
        ["run"] = NameKind.Image,
        ["create"] = NameKind.Image,
        ["pull"] = NameKind.Image,
        ["rmi"] = NameKind.Image,
        ["tag"] = NameKind.Image,
        ["save"] = NameKind.Image,
        ["images"] = NameKind.Image,
        ["image rm"] = NameKind.Image,
        ["image tag"] = NameKind.Image,
        ["image save"] = NameKind.Image,
        ["image inspect"] = NameKind.Image,
        ["image pull"] = NameKind.Image,
        ["kernel rm"] = NameKind.Kernel,
        ["template rm"] = NameKind.Template,
        ["template inspect"] = NameKind.Template,
        ["prepare"] = NameKind.Image,
        ["pool set"] = NameKind.Image,
        ["pool rm"] = NameKind.Pool,
        ["snapshot create"] = NameKind.RunningVm,
        ["snapshot inspect"] = NameKind.Snapshot,
        ["snapshot rm"] = NameKind.Snapshot,
        ["snapshot tag"] = NameKind.Snapshot,
        ["snapshot export"] = NameKind.Snapshot,
    };

    private static readonly Dictionary<string, string[]> s_words = new()
    {
        ["completion"] = ["bash", "zsh", "fish"],
        ["kernel pull"] = ["debian"],
        ["kernel build"] = ["micro"],
        ["--pull"] = ["always", "missing", "never"],
        ["--accel"] = ["auto", "kvm", "tcg"],
        ["--egress"] = ["all", "list", "none"],
        ["--restart"] = ["no", "on-failure", "always"],
        ["--format"] = ["table", "json"],
        ["--type"] = ["container", "image"],
        ["--log-level"] = ["debug", "info", "warning", "error"],
    };

    /// <param name="words">What was typed behind <c>hearth</c>; the last is the word at the cursor and may be empty.</param>
    public IEnumerable<(string Name, string Description)> Complete(IReadOnlyList<string> words)
    {
        string current = words.Count > 0 ? words[^1] : "";
        (Command command, string path, int at) = Walk(words);
        return Candidates(command, path, [.. words.Skip(at).SkipLast(1)], current)
            .Where(candidate => candidate.Name.StartsWith(current, StringComparison.Ordinal))
            .DistinctBy(static candidate => candidate.Name);
    }

    private (Command Command, string Path, int At) Walk(IReadOnlyList<string> words)
    {
        Command command = root;
        List<string> path = [];
        while (path.Count < words.Count - 1 && command.Subcommands.FirstOrDefault(sub => sub.Name == words[path.Count] || sub.Aliases.Contains(words[path.Count])) is { } next)
        {
            command = next;
            path.Add(next.Name);
        }

        return (command, string.Join(' ', path), path.Count);
    }

    private IEnumerable<(string Name, string Description)> Candidates(Command command, string path, string[] before, string current)
    {
        if (command.Subcommands.Count > 0 && before.Length == 0 && !current.StartsWith('-'))
        {
            return command.Subcommands.Where(static sub => !sub.Hidden).Select(static sub => (sub.Name, sub.Description ?? ""));
        }

        Option? open = before.Length > 0 ? ValueOption(command, before[^1]) : null;
        int equals = current.StartsWith("--", StringComparison.Ordinal) ? current.IndexOf('=', StringComparison.Ordinal) : -1;
        if (equals > 0 && ValueOption(command, current[..equals]) is { } written)
        {
            return Values(written).Select(value => ($"{current[..equals]}={value.Name}", value.Description));
        }

        bool stops = command is HearthCommand { StopsAtFirstArgument: true } && Arguments(command, before) > 0;
        return open is not null ? Values(open)
            : stops ? []
            : current.StartsWith('-') ? Options(command)
            : s_words.TryGetValue(path, out string[]? words) ? words.Select(static word => (word, ""))
            : s_arguments.TryGetValue(path, out NameKind kind) ? names(kind) : [];
    }

    private static IEnumerable<(string Name, string Description)> Options(Command command) =>
        command.Options.Where(static option => !option.Hidden).Select(static option => (option.Name, option.Description ?? ""));

    private IEnumerable<(string Name, string Description)> Values(Option option) =>
        option.Name == "--kernel" ? names(NameKind.Kernel)
        : option.Name == "--from" ? names(NameKind.Snapshot)
        : s_words.TryGetValue(option.Name, out string[]? words) ? words.Select(static word => (word, "")) : [];

    /// <summary>The option that <paramref name="word"/> names when a value must follow; null otherwise.</summary>
    private static Option? ValueOption(Command command, string word) =>
        command.Options.FirstOrDefault(option => (option.Name == word || option.Aliases.Contains(word)) && option.ValueType != typeof(bool) && option.Arity.MaximumNumberOfValues > 0);

    private static int Arguments(Command command, string[] before) =>
        before.Where((word, i) => !word.StartsWith('-') && (i == 0 || ValueOption(command, before[i - 1]) is null)).Count();
}

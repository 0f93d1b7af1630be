using System.CommandLine;

namespace Hearth.Cli.Parsing;

/// <summary>
/// Reads options as Docker's command line does (pflag) and rewrites a command line into one shape: the command's words,
/// every option as one <c>--name=value</c>, <c>--</c>, then the arguments.
/// </summary>
/// <remarks>
/// The parser library alone cannot do it: it reads options behind IMAGE as its own (<c>run alpine ls -l</c>), takes a value
/// that looks like an option for one (<c>-e -x</c>), and splits at <c>:</c>. Here: a flag takes no value unless written
/// <c>--flag=false</c>; any other option takes the rest of its word or the next word, whatever that looks like; short flags
/// bundle (<c>-it</c>, <c>-itw/tmp</c>); a command that <see cref="HearthCommand.StopsAtFirstArgument"/> leaves everything
/// behind its first argument alone, less one <c>--</c> directly behind it.
/// </remarks>
internal static class ArgumentOrder
{
    /// <exception cref="UsageException">An option is unknown or lacks its value.</exception>
    public static string[] Normalize(RootCommand root, IReadOnlyList<string> args)
    {
        var words = new List<string>();
        Command command = root;
        int at = 0;
        while (at < args.Count && command.Subcommands.FirstOrDefault(sub => sub.Name == args[at] || sub.Aliases.Contains(args[at])) is { } next)
        {
            words.Add(args[at++]);
            command = next;
        }

        if (command.Subcommands.Count > 0 && command.Arguments.Count == 0 && at < args.Count && !args[at].StartsWith('-'))
        {
            throw new UsageException(command, $"unknown command '{args[at]}'.");
        }

        return [.. words, .. new Reading(command, args, at).Read()];
    }

    private sealed class Reading(Command command, IReadOnlyList<string> args, int start)
    {
        private readonly List<string> _options = [];
        private readonly List<string> _arguments = [];
        private readonly Dictionary<string, Option> _known = Known(command);
        private int _at = start;

        public List<string> Read()
        {
            while (_at < args.Count)
            {
                string word = args[_at++];
                if (word == "--")
                {
                    _arguments.AddRange(args.Skip(_at));
                    break;
                }

                if (word.Length > 1 && word[0] == '-')
                {
                    ReadOption(word);
                    continue;
                }

                _arguments.Add(word);
                if (command is HearthCommand { StopsAtFirstArgument: true })
                {
                    _at += _at < args.Count && args[_at] == "--" ? 1 : 0;
                    _arguments.AddRange(args.Skip(_at));
                    break;
                }
            }

            return _arguments.Count == 0 ? _options : [.. _options, "--", .. _arguments];
        }

        private static Dictionary<string, Option> Known(Command command)
        {
            var known = new Dictionary<string, Option>(StringComparer.Ordinal);
            IEnumerable<Option> inherited = Ancestors(command).SelectMany(static parent => parent.Options).Where(static option => option.Recursive);
            foreach (Option option in command.Options.Concat(inherited))
            {
                known.TryAdd(option.Name, option);
                foreach (string alias in option.Aliases)
                {
                    known.TryAdd(alias, option);
                }
            }

            return known;
        }

        private static IEnumerable<Command> Ancestors(Command command) =>
            command.Parents.OfType<Command>().SelectMany(static parent => Ancestors(parent).Prepend(parent));

        private static bool IsFlag(Option option) => option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool);

        private void ReadOption(string word)
        {
            if (word[1] == '-')
            {
                int equals = word.IndexOf('=', StringComparison.Ordinal);
                Take(equals < 0 ? word : word[..equals], equals < 0 ? null : word[(equals + 1)..]);
                return;
            }

            for (int i = 1; i < word.Length; i++)
            {
                string name = "-" + word[i];
                string rest = word[(i + 1)..];
                if (rest.StartsWith('='))
                {
                    Take(name, rest[1..]);
                    return;
                }

                if (rest.Length > 0 && !IsFlag(Find(name)))
                {
                    Take(name, rest);
                    return;
                }

                Take(name, null);
            }
        }

        private Option Find(string name) =>
            _known.TryGetValue(name, out Option? option) ? option : throw new UsageException(command, $"unknown option '{name}'.");

        private void Take(string name, string? value)
        {
            Option option = Find(name);
            if (IsFlag(option))
            {
                _options.Add(value is null ? option.Name : $"{option.Name}={value}");
                return;
            }

            if (value is null && _at == args.Count)
            {
                throw new UsageException(command, $"option '{name}' needs a value.");
            }

            _options.Add($"{option.Name}={value ?? args[_at++]}");
        }
    }
}

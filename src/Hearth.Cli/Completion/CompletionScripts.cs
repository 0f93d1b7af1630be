namespace Hearth.Cli.Completion;

/// <summary>The scripts that make a shell ask <c>hearth __complete</c>; they know nothing of commands themselves.</summary>
internal static class CompletionScripts
{
    // Bash breaks words at ':' and '=' and replaces only what follows the last break, so what precedes it is cut off.
    public const string Bash = """
        # bash completion for hearth: source <(hearth completion bash)
        _hearth() {
          local line="${COMP_LINE:0:COMP_POINT}" current="" prefix=""
          local -a typed=()
          read -ra typed <<< "$line"
          [[ $line == *[[:space:]] ]] || current="${typed[-1]}"
          [[ $line == *[[:space:]] ]] && typed+=("")
          mapfile -t COMPREPLY < <("${typed[0]}" __complete -- "${typed[@]:1}" 2>/dev/null | cut -f1)
          if [[ $current == *[:=]* ]]; then
            prefix="${current%"${current##*[:=]}"}"
            COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
          fi
          [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[:=/] ]] && compopt -o nospace 2>/dev/null
          return 0
        }
        complete -o default -F _hearth hearth

        """;

    public const string Zsh = """
        #compdef hearth
        # zsh completion for hearth: source <(hearth completion zsh), or put it into a directory of fpath as _hearth
        _hearth() {
          local -a lines described
          local line
          lines=("${(@f)$(${words[1]} __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
          for line in $lines; do
            [[ -z $line ]] && continue
            described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
          done
          if (( ${#described} )); then
            _describe hearth described
          else
            _files
          fi
        }
        if [[ ${funcstack[1]} == _hearth ]]; then
          _hearth "$@"
        else
          compdef _hearth hearth
        fi

        """;

    public const string Fish = """
        # fish completion for hearth: hearth completion fish | source
        function __hearth_complete
          set -l typed (commandline -opc)
          set -l current (commandline -ct)
          set -l found ($typed[1] __complete -- $typed[2..-1] "$current" 2>/dev/null)
          if test (count $found) -gt 0
            printf '%s\n' $found
          else
            __fish_complete_path "$current"
          end
        end
        complete -c hearth -f -a '(__hearth_complete)'

        """;

    /// <summary>The script of a shell; null for one that is not known.</summary>
    public static string? For(string shell) => shell switch { "bash" => Bash, "zsh" => Zsh, "fish" => Fish, _ => null };
}

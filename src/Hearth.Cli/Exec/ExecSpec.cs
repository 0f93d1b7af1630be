using Hearth.Cli.Run;
using Hearth.Core.Specs;

namespace Hearth.Cli.Exec;

/// <summary>A further process, described from the container's first one.</summary>
internal static class ExecSpec
{
    private const string DefaultTerm = "TERM=xterm";

    /// <summary>What a process of the guest itself starts from (<c>--vm</c>): nothing of the container is known there.</summary>
    public static ProcessSpec InGuest { get; } = new()
    {
        Args = [],
        Env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        WorkingDirectory = "/",
        Privileged = true,
    };

    /// <summary>Environment as Docker's exec has it: the container's, TERM as this process needs it, then the changes.</summary>
    public static ProcessSpec Build(ProcessSpec basis, IReadOnlyList<string> arguments, IReadOnlyList<string> changes, bool tty)
    {
        bool hasTerm = basis.Env.Any(static entry => EnvironmentEntries.NameOf(entry) == "TERM");
        string[] terminal = tty && !hasTerm ? [DefaultTerm] : !tty && basis.Tty && basis.Env.Contains(DefaultTerm) ? ["TERM"] : [];
        return basis with { Args = arguments, Env = EnvironmentEntries.Merge(EnvironmentEntries.Merge(basis.Env, terminal), changes), Tty = tty };
    }
}

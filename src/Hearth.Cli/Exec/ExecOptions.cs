using System.CommandLine;

namespace Hearth.Cli.Exec;

/// <summary>The options and arguments of <c>exec</c>.</summary>
internal sealed class ExecOptions
{
    public Argument<string> Vm { get; } = new("VM") { Description = "Name, id or the start of an id." };

    public Argument<string[]> Command { get; } = new("COMMAND") { Description = "The command and its arguments.", Arity = ArgumentArity.OneOrMore };

    public Option<bool> Detach { get; } = new("--detach", "-d") { Description = "Do not wait for the command." };

    public Option<bool> Interactive { get; } = new("--interactive", "-i") { Description = "Pass standard input on." };

    public Option<bool> Tty { get; } = new("--tty", "-t") { Description = "Give the command a terminal." };

    public Option<string[]> Env { get; } = new("--env", "-e") { Description = "Set an environment variable; NAME alone passes yours on.", HelpName = "NAME[=VALUE]" };

    public Option<string[]> EnvFile { get; } = new("--env-file") { Description = "Read environment variables from a file.", HelpName = "FILE" };

    public Option<string?> WorkingDirectory { get; } = new("--workdir", "-w") { Description = "Working directory inside the container.", HelpName = "PATH" };

    public Option<string?> User { get; } = new("--user", "-u") { Description = "User, by name or number, and group.", HelpName = "USER[:GROUP]" };

    public Option<bool> Privileged { get; } = new("--privileged") { Description = "All capabilities." };

    public Option<bool> InVm { get; } = new("--vm") { Description = "Run it in the guest itself, outside the container." };

    public Option<string> DetachKeys { get; } = new("--detach-keys") { Description = "Keys that leave the session and let the command run on.", HelpName = "KEYS", DefaultValueFactory = static _ => Terminal.DetachKeys.Default };

    public void AddTo(Command command)
    {
        command.Arguments.Add(Vm);
        command.Arguments.Add(Command);
        Option[] options = [Detach, Interactive, Tty, Env, EnvFile, WorkingDirectory, User, Privileged, InVm, DetachKeys];
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }
    }
}

using Hearth.Core.Errors;
using Hearth.Linux;
using Hearth.Linux.Abi;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Files;

namespace Hearth.Agent.Containers;

/// <summary>Words and exit codes of Docker for a program that could not be started.</summary>
internal static class LaunchErrors
{
    private const string NotFoundHint = "Is the program in the image? Its PATH can be set with --env.";

    /// <param name="failure">Where the child program stopped.</param>
    /// <param name="program">The program as it was asked for.</param>
    /// <param name="root">The container's root, to tell a directory from a file without permission; null is not to ask.</param>
    public static HearthException Describe(ChildProgramException failure, string program, RootedDirectory? root)
    {
        if (failure.Call == "chdir")
        {
            return new HearthException("process.working-directory", $"chdir to cwd (\"{failure.Subject}\") failed: {ErrnoText.Of(failure.Errno)}", "Choose another --workdir.", ExitCodes.CannotExecute, failure);
        }

        if (failure.Call != "execve")
        {
            return new HearthException("process.start", $"The process could not be set up: {failure.Message}", exitCode: ExitCodes.CannotExecute, inner: failure);
        }

        bool isPath = program.Contains('/', StringComparison.Ordinal);
        foreach (ExecAttempt attempt in failure.Attempts)
        {
            if (attempt.Errno is not (Errno.ENOENT or Errno.ENOTDIR))
            {
                string cause = attempt.Errno == Errno.EACCES && root?.IsDirectory(attempt.Path) == true ? "is a directory" : ErrnoText.Of(attempt.Errno);
                return new HearthException("process.cannot-execute", $"exec: \"{program}\": {cause}", exitCode: ExitCodes.CannotExecute, inner: failure);
            }
        }

        string missing = isPath ? $"stat {program}: no such file or directory" : "executable file not found in $PATH";
        return new HearthException("process.not-found", $"exec: \"{program}\": {missing}", NotFoundHint, ExitCodes.NotFound, failure);
    }
}

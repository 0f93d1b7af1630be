namespace Hearth.Vm.Tests.Conformance;

/// <summary>
/// What podman (or Docker, where they differ) does with the same command lines, recorded: exit codes after "EXIT STATUS" of podman-run(1) and podman-exec(1)
/// (125 podman itself, 126 cannot be invoked, 127 not found, else the command's own), outputs after the descriptions of the options.
/// The image is a busybox; <c>VM</c> stands for the container's name.
/// </summary>
internal static class PodmanExpectations
{
    /// <summary>Command lines of <c>exec</c> with exit code and stdout; <see langword="null"/> when the output is not the point.</summary>
    public static TheoryData<string, int, string?> Exec { get; } = new()
    {
        { "exec VM true", 0, "" },
        { "exec VM false", 1, "" },
        { "exec VM echo hello", 0, "hello\n" },
        { "exec VM echo -n", 0, "" },
        { "exec VM sh -c 'exit 42'", 42, "" },
        { "exec VM sh -c 'exit 255'", 255, "" },
        { "exec VM sh -c 'kill -9 $$'", 137, "" },
        { "exec VM sh -c 'kill -TERM $$'", 143, "" },
        { "exec VM nosuchprogram", 127, "" },
        { "exec VM /no/such/program", 127, "" },
        { "exec VM /etc", 126, "" },
        { "exec VM /etc/passwd", 126, "" },
        { "exec VM pwd", 0, "/\n" },
        { "exec -w /tmp VM pwd", 0, "/tmp\n" },
        { "exec --workdir=/proc VM pwd", 0, "/proc\n" },
        { "exec -e A=1 -e B=2 VM sh -c 'echo $A$B'", 0, "12\n" },
        { "exec -e A=x=y VM sh -c 'echo $A'", 0, "x=y\n" },
        { "exec -e A= VM sh -c 'echo [${A-unset}]'", 0, "[]\n" },
        { "exec VM sh -c 'echo $HOME'", 0, "/root\n" },
        { "exec -u 0 VM id -u", 0, "0\n" },
        { "exec -u 1000 VM id -g", 0, "0\n" },
        { "exec -u 1000:100 VM sh -c 'id -u; id -g'", 0, "1000\n100\n" },
        { "exec -u nosuchuser VM true", 126, "" },
        { "exec VM hostname", 0, "box\n" },
        { "exec VM cat", 0, "" },
        { "exec VM sh -c 'echo err >&2'", 0, "" },
        { "exec VM sh -c 'printf \"a\\0b\" | wc -c'", 0, "3\n" },
        { "exec VM cat /proc/1/comm", 0, "sleep\n" },
        { "exec VM sh -c 'ulimit -c'", 0, "0\n" },
        { "exec VM stat -c %a /tmp", 0, null },
        { "exec VM sh -c 'mknod /tmp/n c 1 3 && rm /tmp/n'", 0, "" },
        { "exec VM sh -c 'chown 7:8 /tmp/. && chown 0:0 /tmp/.'", 0, "" },
        { "exec VM sh -c 'date -s 2020-01-01 2>&1 | grep -c \"not permitted\"'", 0, "1\n" },
    };

    /// <summary>Command lines of <c>run</c>, each with a boot of its own.</summary>
    public static TheoryData<string, int, string> Run { get; } = new()
    {
        { "run --rm @busybox echo one two", 0, "one two\n" },
        { "run --rm --entrypoint echo @busybox three", 0, "three\n" },
        { "run --rm --hostname kitchen @busybox hostname", 0, "kitchen\n" },
        { "run --rm -e A=1 -w /var @busybox sh -c 'echo $A $PWD $HOME'", 0, "1 /var /root\n" },
        { "run --rm -w /not/there/yet @busybox pwd", 0, "/not/there/yet\n" },
        { "run --rm -u 65534 @busybox sh -c 'id -u; touch /x 2>/dev/null || echo refused'", 0, "65534\nrefused\n" },
        { "run --rm --cap-drop all @busybox sh -c 'grep CapEff /proc/self/status'", 0, "CapEff:\t0000000000000000\n" },
        { "run --rm --privileged @busybox sh -c 'mount -t tmpfs none /tmp && echo mounted'", 0, "mounted\n" },
    };

    /// <summary>Where podman does otherwise than Docker, and Hearth does as Docker: what podman does.</summary>
    private static readonly Dictionary<string, (int ExitCode, string? Output)> s_differences = new()
    {
        ["exec -u nosuchuser VM true"] = (255, ""), // podman-exec(1) names 125 to 127 only.
        ["exec VM sh -c 'mknod /tmp/n c 1 3 && rm /tmp/n'"] = (1, ""), // MKNOD is not among podman's default capabilities.
        ["run --rm -w /not/there/yet @busybox pwd"] = (126, ""), // Docker makes a working directory that is missing.
    };

    /// <summary>What podman is expected to do with all of them: command line, exit code, stdout.</summary>
    public static IEnumerable<(string Line, int ExitCode, string? Output)> OfPodman => Exec.Concat(Run)
        .Select(static row => (Line: (string)row[0], ExitCode: (int)row[1], Output: (string?)row[2]))
        .Select(static row => s_differences.TryGetValue(row.Line, out (int ExitCode, string? Output) podmans) ? (row.Line, podmans.ExitCode, podmans.Output) : row);
}

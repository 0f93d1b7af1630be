using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Conformance;

/// <summary>
/// podman(1) with a store of its own, Hearth's busybox as its image and a container <see cref="Container"/> that sleeps: the peer of the
/// differential tests. Control groups in hybrid mode are refused by crun, hence runc; without CAP_SYS_RESOURCE the limits that podman raises
/// have to be given.
/// </summary>
internal sealed class Podman : IAsyncDisposable
{
    public const string Container = "box";

    private const string Image = "localhost/catalogue/busybox:latest";

    private static readonly string[] s_limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"];

    private readonly Lazy<Task<string?>> _whyNot;
    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-podman-").FullName;

    public Podman() => _whyNot = new Lazy<Task<string?>>(StartAsync);

    /// <summary>What it prints and how it ends for a command line of the records; skips where podman cannot run containers.</summary>
    public async Task<Outcome> RunAsync(string commandLine)
    {
        string? whyNot = await _whyNot.Value;
        Skip.If(whyNot is not null, whyNot);
        string[] words = commandLine.Split(' ', 2);
        string options = words[0] == "run" ? string.Join(' ', [.. s_limits, "--network", "none"]) : "";
        return await ShellAsync($"{words[0]} {options} {words[1].Replace("VM ", Container + " ", StringComparison.Ordinal).Replace("@busybox", Image, StringComparison.Ordinal)}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_whyNot.IsValueCreated)
        {
            await ShellAsync("rm -f -a -t 0");
        }

        Directory.Delete(_directory, recursive: true);
    }

    private async Task<string?> StartAsync()
    {
        foreach (string program in (string[])["podman", "runc"])
        {
            if (!TestRun.HasProgram(program))
            {
                return $"{program} is not installed";
            }
        }

        if (!Environment.IsPrivilegedProcess)
        {
            return "podman's containers are made as root here";
        }

        string archive = Path.Combine(_directory, "busybox.tar");
        (await HearthCommand.RunAsync("pull", "@busybox")).Succeeded();
        (await HearthCommand.RunAsync("save", "-o", archive, "@busybox")).Succeeded();
        (await HearthCommand.RunProgramAsync("skopeo", "copy", "--quiet", $"docker-archive:{archive}", $"containers-storage:[vfs@{_directory}/root+{_directory}/run]{Image}")).Succeeded();
        Outcome started = await ShellAsync($"run -d --name {Container} --hostname box --network none {string.Join(' ', s_limits)} {Image} sleep 1000000");
        return started.ExitCode == 0 ? null : $"podman cannot run a container here: {started.Error}";
    }

    private Task<Outcome> ShellAsync(string line) => HearthCommand.RunProgramAsync(
        "/bin/sh",
        "-c",
        $"exec podman --root '{_directory}/root' --runroot '{_directory}/run' --storage-driver vfs --runtime runc --cgroup-manager cgroupfs --log-level fatal {line}");
}

using System.CommandLine;
using Hearth.Cli.Networks;

namespace Hearth.Cli.Run;

/// <summary>The options and arguments that <c>run</c> and <c>create</c> share.</summary>
internal sealed class VmOptions
{
    public Argument<string> Image { get; } = new("IMAGE") { Description = "The image: a name (alpine:3.20), a catalogue entry (@busybox) or a skopeo reference (docker-archive:file.tar)." };

    public Argument<string[]> Command { get; } = new("COMMAND") { Description = "The command and its arguments; the image's own when left out.", Arity = ArgumentArity.ZeroOrMore };

    public Option<string?> Name { get; } = new("--name") { Description = "Name of the VM, a DNS label; made up when left out.", HelpName = "NAME" };

    public Option<bool> Interactive { get; } = new("--interactive", "-i") { Description = "Keep standard input open." };

    public Option<bool> Tty { get; } = new("--tty", "-t") { Description = "Give the command a terminal." };

    public Option<string[]> Env { get; } = new("--env", "-e") { Description = "Set an environment variable; NAME alone passes yours on.", HelpName = "NAME[=VALUE]" };

    public Option<string[]> EnvFile { get; } = new("--env-file") { Description = "Read environment variables from a file.", HelpName = "FILE" };

    public Option<string?> WorkingDirectory { get; } = new("--workdir", "-w") { Description = "Working directory inside the container.", HelpName = "PATH" };

    public Option<string?> User { get; } = new("--user", "-u") { Description = "User, by name or number, and group.", HelpName = "USER[:GROUP]" };

    public Option<string?> Entrypoint { get; } = new("--entrypoint") { Description = "Replace the image's entrypoint; empty removes it.", HelpName = "PROGRAM" };

    public Option<string?> Hostname { get; } = new("--hostname") { Description = "Host name; the VM's name when left out.", HelpName = "NAME" };

    public Option<string[]> Label { get; } = new("--label", "-l") { Description = "Attach a label.", HelpName = "KEY[=VALUE]" };

    public Option<string[]> LabelFile { get; } = new("--label-file") { Description = "Read labels from a file.", HelpName = "FILE" };

    public Option<string?> Cpus { get; } = new("--cpus", "-c") { Description = "CPUs, may be a fraction (1 when left out).", HelpName = "NUMBER" };

    public Option<string?> Memory { get; } = new("--memory", "-m") { Description = "Memory of the VM (512M when left out).", HelpName = "SIZE" };

    public Option<string?> Disk { get; } = new("--disk") { Description = "Size of the writable disk over the image, taken as it is used (10G when left out).", HelpName = "SIZE" };

    public Option<string?> ShmSize { get; } = new("--shm-size") { Description = "Size of /dev/shm (64M when left out).", HelpName = "SIZE" };

    public Option<bool> ReadOnly { get; } = new("--read-only") { Description = "Mount the root file system read-only." };

    public Option<string[]> Tmpfs { get; } = new("--tmpfs") { Description = "Mount a tmpfs.", HelpName = "PATH[:OPTIONS]" };

    public Option<string[]> Volume { get; } = new("--volume", "-v")
    {
        Description = "Give the container a file or directory of the host; OPTIONS: ro.",
        HelpName = "SOURCE:TARGET[:OPTIONS]",
    };

    public Option<string[]> CapAdd { get; } = new("--cap-add") { Description = "Add a capability, or ALL.", HelpName = "NAME" };

    public Option<string[]> CapDrop { get; } = new("--cap-drop") { Description = "Drop a capability, or ALL.", HelpName = "NAME" };

    public Option<bool> Privileged { get; } = new("--privileged") { Description = "All capabilities, all devices, no masked paths: still inside the VM." };

    public Option<string[]> Ulimit { get; } = new("--ulimit") { Description = "Set a resource limit.", HelpName = "NAME=SOFT[:HARD]" };

    public Option<string?> StopSignal { get; } = new("--stop-signal") { Description = "Signal that asks the container to stop.", HelpName = "SIGNAL" };

    public Option<string?> StopTimeout { get; } = new("--stop-timeout") { Description = "Seconds that 'stop' waits before it kills (10 when left out).", HelpName = "SECONDS" };

    public Option<string?> Timeout { get; } = new("--timeout") { Description = "End the container after this time, with exit code 124; the time that it is suspended does not count.", HelpName = "DURATION" };

    public Option<string?> IdleSuspend { get; } = IdleSuspendOption();

    public NetworkOptions Network { get; } = new();

    public Option<string?> Restart { get; } = new("--restart") { Description = "Restart when it ends: no, on-failure[:MAX], always.", HelpName = "POLICY" };

    public Option<bool> Remove { get; } = new("--rm") { Description = "Remove the VM when it has ended." };

    public Option<bool> Init { get; } = new("--init") { Description = "Run an init as PID 1 that reaps and forwards signals." };

    public Option<string?> Pull { get; } = new("--pull") { Description = "Ask the registry for the image: always, missing, never.", HelpName = "POLICY" };

    public Option<string?> Platform { get; } = new("--platform") { Description = "Platform of the image: linux/amd64.", HelpName = "OS/ARCH" };

    public Option<bool> NoSwap { get; } = new("--no-swap") { Description = "Keep the VM's memory out of the host's swap." };

    public Option<string?> MemoryMax { get; } = new("--memory-max") { Description = "Most memory on the host, the engine's own included; the VM is ended beyond it.", HelpName = "SIZE" };

    public Option<string?> CpuWeight { get; } = new("--cpu-weight") { Description = "Share of the host's CPUs when they are scarce: 1 to 10000, others have 100.", HelpName = "NUMBER" };

    public Option<string?> PidsMax { get; } = new("--pids-max") { Description = "Most processes and threads of the engine on the host.", HelpName = "NUMBER" };

    public Option<bool> HugePages { get; } = new("--hugepages")
    {
        Description = "Take the VM's memory from the host's huge pages of 2 MiB (vm.nr_hugepages); such a VM boots, without a template.",
    };

    public Option<string?> Kernel { get; } = new("--kernel") { Description = "Kernel to boot; see 'hearth kernel ls'.", HelpName = "NAME" };

    public Option<string?> Accel { get; } = new("--accel") { Description = "Virtualisation: auto, kvm, tcg.", HelpName = "KIND" };

    public Option<bool> NoTemplate { get; } = new("--no-template") { Description = "Boot the VM instead of going on from a template of a booted one." };

    public Option<string?> SnapshotWhen { get; } = new("--snapshot-when")
    {
        Description = "Freeze the container once it is ready, and go on from there in later runs that ask for the same: log:REGEX (a line of output), exec:COMMAND (succeeds), healthy. A run with -d and a --health-… check means healthy, unless it says never.",
        HelpName = "CONDITION",
    };

    public HealthOptions Health { get; } = new();

    public Option<string?> LogLevel { get; } = new("--log-level") { Description = "What the supervisor writes to its log (supervisor.log of the VM): debug, info, warning, error.", HelpName = "LEVEL" };

    public Option<string?> CidFile { get; } = new("--cidfile") { Description = "Write the VM's id to a file.", HelpName = "FILE" };

    /// <summary>Also of <c>fork</c>.</summary>
    public static Option<string?> IdleSuspendOption() => new("--idle-suspend")
    {
        Description = "Suspend the VM (memory and processes go to disk) when for this time no client was attached or connected to a published port, the container wrote nothing and its CPUs used less than 5 % of one; "
            + "exec, attach, cp and the like wake it, and so does a connection to a published port. A foreground run is attached: meant for -d. 0 is never.",
        HelpName = "DURATION",
    };

    public void AddTo(Command command)
    {
        command.Arguments.Add(Image);
        command.Arguments.Add(Command);
        Option[] options =
        [
            Name, Interactive, Tty, Env, EnvFile, WorkingDirectory, User, Entrypoint, Hostname, Label, LabelFile, Cpus, Memory, Disk, ShmSize,
            ReadOnly, Volume, Tmpfs, CapAdd, CapDrop, Privileged, Ulimit, StopSignal, StopTimeout, Timeout, IdleSuspend, Restart, Remove, Init, Pull, Platform, Kernel,
            Accel, NoTemplate, SnapshotWhen, .. Health.All, NoSwap, MemoryMax, CpuWeight, PidsMax, HugePages, LogLevel, CidFile, .. Network.All,
        ];
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }
    }
}

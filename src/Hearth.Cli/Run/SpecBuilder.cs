using Hearth.Cli.Networks;
using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Specs;

namespace Hearth.Cli.Run;

/// <summary>Joins flags and an image's configuration as Docker does.</summary>
internal static class SpecBuilder
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <exception cref="HearthException"><c>command.missing</c>.</exception>
    public static VmSpec Build(VmFlags flags, OciImageConfig image, string imageId, string name, DateTimeOffset created)
    {
        string hostname = flags.Hostname ?? name;
        HealthSpec? health = flags.Health.Join(image.Healthcheck);
        if (health is null && flags.SnapshotWhen == ReadyCondition.HealthyText)
        {
            throw new HearthException(
                "snapshot-when.invalid", $"--snapshot-when healthy: image '{flags.Image}' has no health check, and none was given.", "Give one: --health-cmd, --health-http or --health-tcp.");
        }

        var defaults = new VmSpec
        {
            Id = VmId.New(),
            Name = name,
            Created = created,
            Image = flags.Image,
            ImageId = imageId,
            Container = BuildContainer(flags, image, hostname),
            EntrypointWords = Entrypoint(flags.Entrypoint, image).Count,
        };
        return defaults with
        {
            Vcpus = (int)Math.Ceiling(flags.Cpus ?? defaults.Vcpus),
            MemoryBytes = flags.MemoryBytes ?? defaults.MemoryBytes,
            DiskBytes = flags.DiskBytes ?? defaults.DiskBytes,
            Restart = flags.Restart,
            RestartMaxAttempts = flags.RestartMaxAttempts,
            AutoRemove = flags.Remove,
            StopTimeoutSeconds = flags.StopTimeoutSeconds ?? defaults.StopTimeoutSeconds,
            Timeout = flags.Timeout,
            IdleSuspend = flags.IdleSuspend > TimeSpan.Zero ? flags.IdleSuspend : null,
            Network = flags is { PublishAll: true, Network: { } network }
                ? network with { Ports = [.. network.Ports, .. NetworkOptions.ReadPorts(image.ExposedPorts)] }
                : flags.Network,
            Mounts = flags.Mounts,
            Kernel = flags.Kernel ?? defaults.Kernel,
            Accel = flags.Accel,
            Labels = MergeLabels(image.Labels, flags.Labels),
            ExposedPorts = image.ExposedPorts,
            Template = !flags.NoTemplate && !flags.HugePages,
            SnapshotWhen = flags.SnapshotWhen,
            Health = health,
            HugePages = flags.HugePages,
            Limits = flags.Limits.IsNone ? null : flags.Limits,
            LogLevel = flags.LogLevel ?? defaults.LogLevel,
        };
    }

    /// <summary>
    /// Docker's rule: the command line's words replace CMD; an entrypoint of the command line replaces the image's and takes CMD with
    /// it, because CMD was written as the arguments of the other one.
    /// </summary>
    public static IReadOnlyList<string> Arguments(string? entrypoint, IReadOnlyList<string> command, OciImageConfig image)
    {
        IReadOnlyList<string> rest = command.Count == 0 && entrypoint is null ? image.Cmd : command;
        return [.. Entrypoint(entrypoint, image), .. rest];
    }

    private static IReadOnlyList<string> Entrypoint(string? flag, OciImageConfig image) =>
        flag is null ? image.Entrypoint : flag.Length == 0 ? [] : [flag];

    private static ContainerSpec BuildContainer(VmFlags flags, OciImageConfig image, string hostname)
    {
        var defaults = new ContainerSpec { Process = BuildProcess(flags, image, hostname), Hostname = hostname };
        return defaults with
        {
            CapAdd = flags.CapAdd,
            CapDrop = flags.CapDrop,
            ReadOnly = flags.ReadOnly,
            Tmpfs = flags.Tmpfs,
            Ulimits = flags.Ulimits,
            Init = flags.Init,
            StopSignal = flags.StopSignal ?? NonEmpty(image.StopSignal) ?? defaults.StopSignal,
            Cpus = flags.Cpus is { } cpus && cpus != Math.Ceiling(cpus) ? cpus : 0,
            ShmBytes = flags.ShmBytes ?? defaults.ShmBytes,
        };
    }

    private static ProcessSpec BuildProcess(VmFlags flags, OciImageConfig image, string hostname)
    {
        IReadOnlyList<string> arguments = Arguments(flags.Entrypoint, flags.Command, image);
        if (arguments.Count == 0)
        {
            throw new HearthException("command.missing", $"Image '{flags.Image}' names no command to run.", "Give one behind the image: hearth run IMAGE COMMAND.");
        }

        List<string> basis = [DefaultPath, $"HOSTNAME={hostname}"];
        if (flags.Tty)
        {
            basis.Add("TERM=xterm");
        }

        return new ProcessSpec
        {
            Args = arguments,
            Env = EnvironmentEntries.Merge(EnvironmentEntries.Merge(basis, image.Env), flags.Env),
            WorkingDirectory = flags.WorkingDirectory ?? NonEmpty(image.WorkingDir) ?? "/",
            User = flags.User ?? image.User,
            Tty = flags.Tty,
            Interactive = flags.Interactive,
            Rows = flags.Window.Rows,
            Columns = flags.Window.Columns,
            Privileged = flags.Privileged,
        };
    }

    private static string? NonEmpty(string text) => text.Length == 0 ? null : text;

    private static Dictionary<string, string> MergeLabels(IReadOnlyDictionary<string, string> image, IReadOnlyDictionary<string, string> flags)
    {
        var labels = new Dictionary<string, string>(image, StringComparer.Ordinal);
        foreach ((string key, string value) in flags)
        {
            labels[key] = value;
        }

        return labels;
    }
}

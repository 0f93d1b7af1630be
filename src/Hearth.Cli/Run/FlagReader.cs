using System.CommandLine;
using Hearth.Cli.Mounts;
using Hearth.Cli.Networks;
using Hearth.Cli.Sessions;
using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Specs;

namespace Hearth.Cli.Run;

/// <summary>Checks the words behind <see cref="VmOptions"/> before anything is fetched or created.</summary>
internal static class FlagReader
{
    private const string Never = "never";

    /// <exception cref="HearthException">A value is refused; the message names the option.</exception>
    public static VmFlags Read(VmOptions options, ParseResult parsed, Func<string, string?> variable)
    {
        List<string> warnings = [];
        (NetworkSpec? network, bool publishAll) = options.Network.Read(parsed, warnings.Add);
        (RestartPolicy restart, int attempts) = FlagValues.Restart(parsed.GetValue(options.Restart));
        IReadOnlyList<string> proxies = parsed.GetValue(options.Network.HttpProxy) ? HostProxies.Read(network, variable, warnings.Add) : [];
        VmFlags flags = ReadContainer(options, parsed, variable, proxies) with
        {
            Name = parsed.GetValue(options.Name),
            Remove = parsed.GetValue(options.Remove),
            Cpus = FlagValues.Cpus(parsed.GetValue(options.Cpus)),
            MemoryBytes = FlagValues.Memory(parsed.GetValue(options.Memory)),
            DiskBytes = FlagValues.Disk(parsed.GetValue(options.Disk)),
            ShmBytes = FlagValues.Size("--shm-size", parsed.GetValue(options.ShmSize), FlagValues.LeastShm, "too small"),
            StopTimeoutSeconds = FlagValues.Seconds("--stop-timeout", parsed.GetValue(options.StopTimeout)),
            Timeout = FlagValues.Timeout(parsed.GetValue(options.Timeout)),
            IdleSuspend = FlagValues.IdleSuspend(parsed.GetValue(options.IdleSuspend)),
            Network = network,
            PublishAll = publishAll,
            Restart = restart,
            RestartMaxAttempts = attempts,
            Kernel = parsed.GetValue(options.Kernel),
            Accel = FlagValues.Accel(parsed.GetValue(options.Accel)),
            NoTemplate = parsed.GetValue(options.NoTemplate),
            SnapshotWhen = parsed.GetValue(options.SnapshotWhen),
            Health = options.Health.Read(parsed),
            HugePages = parsed.GetValue(options.HugePages),
            LogLevel = FlagValues.LogLevel(parsed.GetValue(options.LogLevel)),
            Warnings = warnings,
        };
        if (flags.Name is not null)
        {
            DnsLabel.Require(flags.Name);
        }

        if (flags.HugePages)
        {
            LimitFlags.RequireWholeHugePages(flags.MemoryBytes ?? VmSpec.DefaultMemoryBytes);
        }

        if (flags.SnapshotWhen is { } condition && condition != Never)
        {
            _ = ReadyCondition.Parse(condition);
            string? other = flags.NoTemplate ? "--no-template" : flags.HugePages ? "--hugepages" : null;
            if (other is not null)
            {
                throw new HearthException("flags.conflict", $"--snapshot-when and {other} exclude each other.", "What is frozen is a template, from which such a VM does not go on: leave one out.");
            }
        }

        flags = flags with
        {
            Limits = LimitFlags.Read(
                parsed.GetValue(options.NoSwap), parsed.GetValue(options.MemoryMax), parsed.GetValue(options.CpuWeight), parsed.GetValue(options.PidsMax), flags),
        };

        if (flags is { HugePages: true } && flags.IdleSuspend > TimeSpan.Zero)
        {
            throw new HearthException("flags.conflict", "--hugepages and --idle-suspend exclude each other.", "A VM whose memory is in huge pages cannot be suspended: leave one out.");
        }

        return flags is { Remove: true, Restart: not RestartPolicy.No }
            ? throw new HearthException("flags.conflict", "--rm and --restart exclude each other.", "A VM that is removed when it ends cannot be restarted: leave one out.")
            : flags;
    }

    /// <summary>
    /// With a health check of its own a detached run leaves, and goes on from, the application as it was when it was first healthy, where a
    /// template is possible at all. A foreground run does not: its user waits for the output from the beginning. A check that only
    /// the image has means nothing here: nobody has asked for anything.
    /// </summary>
    public static VmFlags FreezeWhenHealthy(VmFlags flags, bool isDetached)
    {
        bool means = flags is { SnapshotWhen: null, Health.Probe: not null, NoTemplate: false, HugePages: false, Interactive: false, Tty: false } && isDetached;
        return flags with { SnapshotWhen = means ? ReadyCondition.HealthyText : flags.SnapshotWhen == Never ? null : flags.SnapshotWhen };
    }

    private static VmFlags ReadContainer(VmOptions options, ParseResult parsed, Func<string, string?> variable, IReadOnlyList<string> proxies)
    {
        string[] List(Option<string[]> option) => parsed.GetValue(option) ?? [];

        bool tty = parsed.GetValue(options.Tty);
        return new VmFlags
        {
            Image = parsed.GetRequiredValue(options.Image),
            Command = parsed.GetValue(options.Command) ?? [],
            Entrypoint = parsed.GetValue(options.Entrypoint),
            Hostname = FlagValues.Hostname(parsed.GetValue(options.Hostname)),
            Env = [.. proxies, .. EnvironmentEntries.Collect(List(options.EnvFile), List(options.Env), variable)],
            Labels = FlagValues.Labels(List(options.LabelFile), List(options.Label)),
            WorkingDirectory = FlagValues.WorkingDirectory(parsed.GetValue(options.WorkingDirectory)),
            User = parsed.GetValue(options.User),
            Mounts = [.. List(options.Volume).Select(VolumeFlag.Parse)],
            Interactive = parsed.GetValue(options.Interactive),
            Tty = tty,
            Privileged = parsed.GetValue(options.Privileged),
            ReadOnly = parsed.GetValue(options.ReadOnly),
            Init = parsed.GetValue(options.Init),
            Tmpfs = FlagValues.Tmpfs(List(options.Tmpfs)),
            CapAdd = [.. List(options.CapAdd).Select(Capabilities.Require)],
            CapDrop = [.. List(options.CapDrop).Select(Capabilities.Require)],
            Ulimits = [.. List(options.Ulimit).Select(Ulimits.Parse)],
            StopSignal = parsed.GetValue(options.StopSignal) is { } signal ? Signals.Require(signal) : null,
            Window = tty ? ClientSession.WindowSize() : default,
        };
    }
}

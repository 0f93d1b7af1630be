using System.Globalization;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Units;

namespace Hearth.Cli.Run;

/// <summary>Values of single options. Null text means that the option was not given.</summary>
internal static class FlagValues
{
    /// <summary>
    /// The debian kernel panics with 88 MiB while it unpacks the initramfs; with 90 MiB it boots, restores and runs a command on 1, 2
    /// and 4 CPUs. The rest is room for kernels that are a little larger. The container itself has 5 MiB of it.
    /// </summary>
    public const long LeastMemory = 104L << 20;

    /// <summary>Below this the file system's own tables leave no room.</summary>
    public const long LeastDisk = 16L << 20;

    public const long LeastShm = 4096;

    /// <summary>More than any host that software emulation serves; QEMU's own bound on microvm is higher.</summary>
    public const int MostCpus = 32;

    /// <summary>Suspending and going on take a tenth of it.</summary>
    public static readonly TimeSpan LeastIdle = TimeSpan.FromSeconds(1);

    private const int MostHostname = 64; // HOST_NAME_MAX, sethostname(2)

    public static long? Size(string option, string? text, long least, string tooSmall)
    {
        if (text is null)
        {
            return null;
        }

        if (!ByteSize.TryParse(text, out ByteSize size))
        {
            throw new HearthException("size.invalid", $"{option} {text}: not a size.", "Write a number with a unit: 512M, 1.5g, 2GiB.");
        }

        return size.Bytes >= least
            ? size.Bytes
            : throw new HearthException("size.too-small", $"{option} {text}: {tooSmall}; the least is {Short(least)}.", $"Give {option} {Short(least)} or more.");
    }

    public static long? Memory(string? text) => Size("-m", text, LeastMemory, "too small to boot");

    public static long? Disk(string? text) => Size("--disk", text, LeastDisk, "too small for a file system");

    public static double? Cpus(string? text)
    {
        if (text is null)
        {
            return null;
        }

        bool isNumber = double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out double cpus);
        return isNumber && double.IsFinite(cpus) && cpus is > 0 and <= MostCpus
            ? cpus
            : throw new HearthException(
                "cpus.invalid", $"-c {text}: {(isNumber ? "out of range" : "not a number")}.", $"Give more than 0 and at most {MostCpus} CPUs, such as 2 or 0.5.");
    }

    public static int? Seconds(string option, string? text) => text is null ? null
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int seconds) && seconds >= -1 ? seconds
        : throw new HearthException("duration.invalid", $"{option} {text}: not a number of seconds.", $"Write {option} 10, or -1 to wait without end.");

    public static TimeSpan? Timeout(string? text, string option = "--timeout") => text is null ? null
        : Durations.TryParse(text, out TimeSpan duration) && duration > TimeSpan.Zero ? duration
        : throw new HearthException("duration.invalid", $"{option} {text}: not a time span.", "Write it as 30s, 5m or 1h30m.");

    /// <summary>Zero is never.</summary>
    public static TimeSpan? IdleSuspend(string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (!Durations.TryParse(text, out TimeSpan duration))
        {
            throw new HearthException("duration.invalid", $"--idle-suspend {text}: not a time span.", "Write it as 30s, 10m or 1h30m; 0 is never.");
        }

        return duration == TimeSpan.Zero || duration >= LeastIdle
            ? duration
            : throw new HearthException("duration.invalid", $"--idle-suspend {text}: too short.", "Give 1s or more, or 0 for never.");
    }

    public static (RestartPolicy Policy, int MaxAttempts) Restart(string? text)
    {
        string[] parts = (text ?? "no").Split(':');
        int attempts = 0;
        bool counted = parts.Length == 2 && parts[0] == "on-failure" && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out attempts);
        return (parts[0], parts.Length == 1 || counted) switch
        {
            ("no", true) => (RestartPolicy.No, 0),
            ("always" or "unless-stopped", true) => (RestartPolicy.Always, 0),
            ("on-failure", true) => (RestartPolicy.OnFailure, attempts),
            _ => throw new HearthException("restart.invalid", $"--restart {text}: not a policy.", "Use no, on-failure, on-failure:3 or always."),
        };
    }

    public static AccelChoice Accel(string? text) => text switch
    {
        null or "auto" => AccelChoice.Auto,
        "kvm" => AccelChoice.Kvm,
        "tcg" => AccelChoice.Tcg,
        _ => throw new HearthException("accel.invalid", $"--accel {text}: not known.", "Use auto, kvm or tcg."),
    };

    public static string? LogLevel(string? text) => text switch
    {
        null or "debug" or "info" or "warning" or "error" => text,
        "warn" => "warning",
        _ => throw new HearthException("log-level.invalid", $"--log-level {text}: not a level.", "Use debug, info, warning or error."),
    };

    public static string? WorkingDirectory(string? path) => path is null || path.StartsWith('/')
        ? path
        : throw new HearthException("workdir.invalid", $"The working directory '{path}' is invalid.", "It must be an absolute path inside the container.");

    /// <summary>Host names may be longer than labels: labels with dots between them.</summary>
    public static string? Hostname(string? text) => text is null
        || (text.Length is > 0 and <= MostHostname
            && text.Split('.').All(static label => label.Length > 0 && label[0] != '-' && label[^1] != '-' && label.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-')))
        ? text
        : throw new HearthException("hostname.invalid", $"--hostname {text}: not a host name.", $"Use letters, digits, '-' and '.', at most {MostHostname} in all.");

    public static IReadOnlyDictionary<string, string> Tmpfs(IEnumerable<string> flags)
    {
        var mounts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string flag in flags)
        {
            (string path, string options) = TmpfsMounts.Parse(flag);
            mounts[path] = options;
        }

        return mounts;
    }

    public static IReadOnlyDictionary<string, string> Labels(IEnumerable<string> files, IEnumerable<string> flags)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string entry in files.SelectMany(static file => EnvironmentEntries.ReadFile(file, "--label-file", static _ => "")).Concat(flags))
        {
            string key = EnvironmentEntries.NameOf(entry);
            if (key.Length == 0)
            {
                throw new HearthException("label.invalid", $"--label '{entry}': the key is empty.", "Write --label KEY=VALUE.");
            }

            labels[key] = key.Length == entry.Length ? "" : entry[(key.Length + 1)..];
        }

        return labels;
    }

    internal static string Short(long bytes) => bytes >= 1 << 20 ? $"{bytes >> 20}M" : $"{bytes >> 10}k";
}

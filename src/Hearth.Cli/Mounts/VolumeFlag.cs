using Hearth.Core.Errors;
using Hearth.Core.Specs;

namespace Hearth.Cli.Mounts;

/// <summary><c>-v SOURCE:TARGET[:OPTIONS]</c>.</summary>
internal static class VolumeFlag
{
    /// <summary>Words of Docker's and Podman's that mean nothing here: there is no SELinux label and no propagation between two kernels, and the cache is always right.</summary>
    private static readonly HashSet<string> s_ignored = new(StringComparer.Ordinal)
    {
        "rw", "z", "Z", "cached", "delegated", "consistent", "private", "rprivate", "shared", "rshared", "slave", "rslave", "nocopy",
    };

    /// <exception cref="HearthException"><c>mount.invalid</c>, <c>mount.source</c>.</exception>
    public static MountSpec Parse(string text)
    {
        string[] parts = text.Split(':');
        if (parts.Length is not (2 or 3))
        {
            throw Invalid(text, "it has to be a source and a target");
        }

        MountSpec mount = new() { Source = HostPath.Require(parts[0], $"-v {text}"), Target = Target(parts[1], $"-v {text}") };
        foreach (string option in parts.Length == 3 ? parts[2].Split(',') : [])
        {
            mount = option switch
            {
                "ro" or "readonly" => mount with { ReadOnly = true },
                _ when s_ignored.Contains(option) => mount,
                _ => throw Invalid(text, $"'{option}' is no option of a volume"),
            };
        }

        return mount;
    }

    /// <summary>A path in the container, without a slash at its end.</summary>
    public static string Target(string path, string flag) =>
        path.StartsWith('/') && path.Trim('/').Length > 0 && !path.Split('/').Contains("..") && !path.Contains('\0', StringComparison.Ordinal)
            ? path.TrimEnd('/')
            : throw new HearthException("mount.invalid", $"{flag}: '{path}' is no place in a container.", "Name an absolute path below /, without '..'.");

    private static HearthException Invalid(string text, string cause) =>
        new("mount.invalid", $"-v {text}: {cause}.", "Write -v /host/path:/container/path, with :ro to keep the container from changing it.");
}

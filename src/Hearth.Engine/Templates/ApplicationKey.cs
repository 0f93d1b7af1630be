using System.Text.Json;
using System.Text;
using Hearth.Core.Hashing;
using Hearth.Core.Specs;

namespace Hearth.Engine.Templates;

/// <summary>
/// Names the template of an application that is ready: the shape of its guest, and everything that its container was told. What
/// a restore gives anew (host name, and with it the name of the VM) is not in it, and neither is what only the host sees.
/// </summary>
internal static class ApplicationKey
{
    /// <summary>Counted up when such templates are made differently.</summary>
    private const int Recipe = 1;

    /// <summary>32 hexadecimal digits.</summary>
    /// <param name="shape">Of the guest.</param>
    /// <param name="spec">With a condition.</param>
    public static string Of(TemplateShape shape, VmSpec spec)
    {
        ContainerSpec container = spec.Container;
        ContainerSpec alike = container with
        {
            Hostname = "",
            Tmpfs = new SortedDictionary<string, string>(container.Tmpfs.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal),
            Process = container.Process with
            {
                Rows = 0,
                Columns = 0,
                Env = [.. container.Process.Env.Where(entry => entry != $"HOSTNAME={container.Hostname}")],
            },
        };
        HealthSpec? health = spec.SnapshotWhen == ReadyCondition.HealthyText ? spec.Health : null;
        string check = health is null ? "" : $"\n{health.Kind} {health.Port} {health.Host} {health.Path} {string.Join('\0', health.Command)}";
        string mounts = string.Concat(spec.Mounts.Select(static mount => $"\n{mount}"));
        string text = $"{Recipe}\n{shape.Key()}\n{spec.SnapshotWhen}\n{JsonSerializer.Serialize(alike, HearthJson.Default.ContainerSpec)}{check}{mounts}";
        return Convert.ToHexStringLower(Sha256.HashData(Encoding.UTF8.GetBytes(text)))[..32];
    }
}

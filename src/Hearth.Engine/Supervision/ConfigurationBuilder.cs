using System.Security.Cryptography;
using Hearth.Core.Specs;
using Hearth.Protocol.Agent;

namespace Hearth.Engine.Supervision;

/// <summary>What a guest is told before its container starts or goes on. Built when it is sent: it holds the time.</summary>
internal static class ConfigurationBuilder
{
    private const int EntropyBytes = 64;

    public static GuestConfiguration Build(VmSpec spec, string rootFileSystem, TimeProvider time) => new(
        UnixNanoseconds(time),
        RandomNumberGenerator.GetBytes(EntropyBytes),
        spec.Container.Hostname,
        MachineId(spec.Id),
        rootFileSystem,
        [],
        [
            "127.0.0.1\tlocalhost",
            "::1\tlocalhost ip6-localhost ip6-loopback",
            "fe00::\tip6-localnet",
            "ff00::\tip6-mcastprefix",
            "ff02::1\tip6-allnodes",
            "ff02::2\tip6-allrouters",
            $"127.0.1.1\t{spec.Container.Hostname}",
        ]);

    /// <summary>The VM's id is random already; its first half is the machine's id.</summary>
    private static string MachineId(string vmId) => vmId[..32];

    public static long UnixNanoseconds(TimeProvider time) => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
}

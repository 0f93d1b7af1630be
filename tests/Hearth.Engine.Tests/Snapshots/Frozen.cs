using System.Globalization;
using Hearth.Engine.Snapshots;
using Hearth.Vmm;

namespace Hearth.Engine.Tests.Snapshots;

/// <summary>Frozen guests on disk, with a few bytes in place of a memory.</summary>
internal static class Frozen
{
    public const string Key = "0123456789abcdef0123456789abcdef";

    public static FrozenManifest Manifest(string name = Key) => new()
    {
        Kind = FrozenKind.Template,
        Name = name,
        Created = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Engine = "aabbccddeeff",
        Accel = "qemu/tcg",
        Kernel = new string('d', 64),
        Image = "@busybox",
        ImageId = "sha256:" + new string('a', 64),
        Vcpus = 1,
        MemoryBytes = 512L << 20,
        DiskBytes = 10L << 30,
        MemoryModified = 639029270450000000,
        Disk = [new DiskLayer("disk-0", DiskFormat.Raw)],
    };

    /// <param name="directory">Made.</param>
    /// <param name="kilobytes">Size of the memory file, whose bytes are all there.</param>
    /// <param name="used">When it was last used.</param>
    /// <param name="change">Changes to the manifest.</param>
    public static FrozenState Make(string directory, int kilobytes, DateTime used, Func<FrozenManifest, FrozenManifest>? change = null)
    {
        Directory.CreateDirectory(directory);
        string memory = Path.Combine(directory, FrozenState.MemoryFile);
        byte[] content = new byte[kilobytes * 1024];
        Array.Fill(content, (byte)7);
        File.WriteAllBytes(memory, content);
        File.WriteAllBytes(Path.Combine(directory, FrozenState.DeviceFile), [1, 2, 3]);
        File.WriteAllBytes(Path.Combine(directory, FrozenState.DiskFile(0)), [4]);
        FrozenManifest manifest = Manifest(Path.GetFileName(directory)) with { MemoryModified = FrozenState.ModifiedTicks(memory) };
        FrozenState state = new(directory, change is null ? manifest : change(manifest));
        state.WriteManifest();
        File.SetLastWriteTimeUtc(Path.Combine(directory, FrozenState.ManifestFile), used);
        return state;
    }

    /// <summary>A key of 32 digits that ends with a number.</summary>
    public static string KeyOf(int number) => number.ToString("x32", CultureInfo.InvariantCulture);
}

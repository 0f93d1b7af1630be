using System.Text;
using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Engine.Snapshots;
using Hearth.Vmm;

namespace Hearth.Engine.Tests.Snapshots;

public sealed class ManifestFormatTests
{
    private const int Rounds = 4000;

    private const string Golden = """
        {
          "version": 1,
          "kind": "Template",
          "name": "0123456789abcdef0123456789abcdef",
          "created": "2026-01-02T03:04:05+00:00",
          "engine": "aabbccddeeff",
          "accel": "qemu/tcg",
          "kernel": "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
          "image": "@busybox",
          "imageId": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "vcpus": 1,
          "memoryBytes": 536870912,
          "diskBytes": 10737418240,
          "memoryModified": 639029270450000000,
          "disk": [
            {
              "path": "disk-0",
              "format": "Raw"
            }
          ],
          "diskOnly": false,
          "sharePorts": 0,
          "tags": []
        }
        """;

    [Fact]
    public void A_manifest_is_written_as_the_golden_file() =>
        JsonSerializer.Serialize(Frozen.Manifest(), SnapshotJson.Default.FrozenManifest).ShouldBe(Golden);

    [Fact]
    public void The_golden_manifest_is_read_back()
    {
        using TemporaryHome home = new();

        FrozenState state = Open(home, Encoding.UTF8.GetBytes(Golden))!;

        JsonSerializer.Serialize(state.Manifest, SnapshotJson.Default.FrozenManifest).ShouldBe(Golden);
        state.DiskLayers.ShouldBe([new DiskLayer(Path.Combine(state.Directory, "disk-0"), DiskFormat.Raw)]);
    }

    [Fact]
    public void Kinds_and_disk_formats_keep_their_words()
    {
        Enum.GetNames<FrozenKind>().ShouldBe(["Template", "Snapshot", "Suspended"]);
        Enum.GetNames<DiskFormat>().ShouldBe(["Raw", "Qcow2"]);
    }

    [Fact]
    public void A_newer_manifest_is_refused_with_both_versions()
    {
        using TemporaryHome home = new();

        HearthException refused = Should.Throw<HearthException>(() => Open(home, Encoding.UTF8.GetBytes(Golden.Replace("\"version\": 1", "\"version\": 2", StringComparison.Ordinal))));

        refused.Code.ShouldBe("snapshot.newer");
        refused.Message.ShouldBe($"{home.Paths.Snapshots}/one/manifest.json has format 2; this hearth knows up to 1.");
    }

    [Theory]
    [InlineData("\"disk-0\"", "\"../disk-0\"")]
    [InlineData("\"disk-0\"", "\"..\"")]
    [InlineData("\"disk-0\"", "\"\"")]
    [InlineData("\"disk-0\"", "null")]
    [InlineData("\"@busybox\"", "null")]
    [InlineData("\"Raw\"", "\"Vmdk\"")]
    [InlineData("\"diskOnly\"", "\"disk\": null, \"diskOnly\"")]
    [InlineData("\"diskOnly\"", "\"disk\": [], \"diskOnly\"")]
    [InlineData("\"diskOnly\"", "\"disk\": [null], \"diskOnly\"")]
    [InlineData("\"vcpus\": 1,", "")]
    [InlineData(Golden, "null")]
    [InlineData(Golden, "")]
    public void A_manifest_that_cannot_be_is_corrupt(string part, string wrong)
    {
        using TemporaryHome home = new();

        Should.Throw<HearthException>(() => Open(home, Encoding.UTF8.GetBytes(Golden.Replace(part, wrong, StringComparison.Ordinal)))).Code.ShouldBe("snapshot.corrupt");
    }

    [Fact]
    public void A_directory_without_a_manifest_is_nothing()
    {
        using TemporaryHome home = new();
        Directory.CreateDirectory(Path.Combine(home.Paths.Snapshots, "one"));

        FrozenState.TryOpen(Path.Combine(home.Paths.Snapshots, "one")).ShouldBeNull();
        FrozenState.TryOpen(Path.Combine(home.Paths.Snapshots, "two")).ShouldBeNull();
    }

    [Fact]
    public void Damaged_bytes_are_read_or_refused_and_never_anything_else()
    {
        using TemporaryHome home = new();
        Random random = new(20260102);
        byte[] whole = Encoding.UTF8.GetBytes(Golden);
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = random.Next(8) == 0 ? whole[..random.Next(whole.Length)] : [.. whole];
            for (int flips = random.Next(1, 4); flips > 0 && bytes.Length > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                Open(home, bytes)!.DiskLayers.ShouldAllBe(layer => layer.Path.StartsWith(home.Paths.Snapshots, StringComparison.Ordinal));
            }
            catch (HearthException e) when (e.Code is "snapshot.corrupt" or "snapshot.newer")
            {
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(Rounds / 4);
    }

    private static FrozenState? Open(TemporaryHome home, byte[] manifest)
    {
        string directory = Path.Combine(home.Paths.Snapshots, "one");
        Directory.CreateDirectory(directory);
        File.WriteAllBytes(Path.Combine(directory, FrozenState.ManifestFile), manifest);
        return FrozenState.TryOpen(directory);
    }
}

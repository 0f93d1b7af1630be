using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Snapshots.Exports;

namespace Hearth.Engine.Tests.Snapshots.Exports;

public sealed class ExportFormatTests
{
    private const int ArchiveRounds = 300;
    private const int ManifestRounds = 3000;

    private const string Golden = """
          "host": {
            "qemu": "QEMU emulator version 7.2.22",
            "cpuFlags": [
              "fpu"
            ],
            "tscKilohertz": 2600000,
            "link": 2
          },
        """;

    private const string GoldenTail = """
          "image": {
            "id": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "fileSystem": "squashfs",
            "rootSha256": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
          },
          "kernel": {
            "digest": "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
            "name": "debian",
            "release": "6.1.0"
          },
          "files": [
            {
              "name": "snapshot/memory",
              "bytes": 536870912,
              "data": 4096,
              "sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
            }
          ]
        }
        """;

    [Fact]
    public void The_manifest_is_written_as_the_golden_text()
    {
        ExportManifest manifest = new()
        {
            Host = ExportHome.Host with { CpuFlags = ["fpu"] },
            Snapshot = Frozen.Manifest("web"),
            Image = new ExportImage("sha256:" + new string('a', 64), "squashfs", new string('b', 64)),
            Kernel = new ExportKernel(new string('d', 64), "debian", "6.1.0"),
            Files = [new ExportFile("snapshot/memory", 512L << 20, 4096, new string('c', 64))],
        };

        string json = Encoding.UTF8.GetString(SnapshotExport.Encode(manifest));

        json.ShouldStartWith("{\n  \"format\": \"hearth-snapshot\",\n  \"version\": 1,\n" + Golden + "\n  \"snapshot\": {\n    \"version\": 1,\n    \"kind\": \"Template\",");
        json.ShouldEndWith(GoldenTail);
    }

    [SkippableFact]
    public async Task The_golden_export_is_imported()
    {
        NeedZstd();
        using ExportHome home = new();

        FrozenState state = await home.ImportAsync(await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Snapshots", "Exports", "golden-1.hearth")));

        state.Manifest.Disk.Count.ShouldBe(2);
        foreach (string file in (string[])[FrozenState.MemoryFile, FrozenState.DeltaFile, FrozenState.DeviceFile, "disk-0", "disk-1"])
        {
            File.ReadAllBytes(Path.Combine(state.Directory, file)).ShouldBe(File.ReadAllBytes(Path.Combine(home.SnapshotDirectory, file)), file);
        }
    }

    [SkippableFact]
    public async Task Gnu_tar_unpacks_it_with_its_holes_and_sha256sum_agrees()
    {
        NeedZstd();
        using ExportHome home = new();
        string directory = Directory.CreateDirectory(Path.Combine(home.TargetHome, "unpacked")).FullName;
        string file = Path.Combine(directory, "web.hearth");
        await File.WriteAllBytesAsync(file, await home.ExportAsync());

        Run(directory, "tar", "--zstd", "-xSf", file);
        Run(directory, "sha256sum", "-c", "export.json.sha256");

        File.ReadAllBytes(Path.Combine(directory, "snapshot", "memory")).ShouldBe(File.ReadAllBytes(Path.Combine(home.SnapshotDirectory, "memory")));
        File.ReadAllBytes(Path.Combine(directory, "snapshot", "disk-0")).ShouldBe(File.ReadAllBytes(Path.Combine(home.SnapshotDirectory, "disk-0")));
    }

    [SkippableFact]
    public async Task What_is_no_export_or_of_a_newer_format_is_told_apart()
    {
        NeedZstd();
        using ExportHome home = new();
        byte[] tar = Unpack(await home.ExportAsync());
        const string Unknown = "The export 'web.hearth' cannot be imported: it is not what 'hearth snapshot export' writes.";

        (await RefusedAsync(home, [])).ShouldBe($"export.unknown: {Unknown}");
        (await RefusedAsync(home, "some text, long enough to be a header of an archive"u8.ToArray())).ShouldBe($"export.unknown: {Unknown}");
        (await RefusedAsync(home, new byte[4096])).ShouldBe($"export.unknown: {Unknown}");
        (await RefusedAsync(home, Replaced(tar, "\"version\": 1", "\"version\": 7"))).ShouldBe("export.newer: The export 'web.hearth' has format 7; this hearth knows up to 1.");
        (await RefusedAsync(home, Replaced(tar, "hearth-snapshot", "hearth-whatever"))).ShouldBe($"export.unknown: {Unknown}");
        (await RefusedAsync(home, Replaced(tar, "\"vcpus\": 1", "\"vcpus\": 2"))).ShouldBe("export.damaged: The export 'web.hearth' cannot be imported: export.json does not match its digest.");
    }

    [SkippableFact]
    public async Task Cut_short_or_with_a_flipped_bit_anywhere_it_is_damaged_and_leaves_nothing()
    {
        NeedZstd();
        using ExportHome home = new();
        byte[] export = await home.ExportAsync();
        for (int i = 1; i < 24; i++)
        {
            int at = (export.Length - 1) * i / 24;
            byte[] flipped = [.. export];
            flipped[at] ^= 0x10;
            (await RefusedAsync(home, export[..at])).ShouldBe("export.damaged: The export 'web.hearth' cannot be imported: it cannot be unpacked (zstd: premature end).");
            (await RefusedAsync(home, flipped)).ShouldStartWith("export.damaged: The export 'web.hearth' cannot be imported: ");
            home.RequireNothingLeft();
        }
    }

    [SkippableFact]
    public async Task Damaged_archives_are_refused_and_never_anything_else()
    {
        NeedZstd();
        using ExportHome home = new();
        byte[] whole = Unpack(await home.ExportAsync());
        Random random = new(20260102);
        for (int round = 0; round < ArchiveRounds; round++)
        {
            byte[] bytes = random.Next(8) == 0 ? whole[..random.Next(whole.Length)] : [.. whole];
            for (int flips = random.Next(1, 4); flips > 0 && bytes.Length > 0; flips--)
            {
                // Most of an archive is data; half of the time a header or a map is hit.
                int at = random.Next(bytes.Length);
                bytes[random.Next(2) == 0 ? at : at / 512 * 512] ^= (byte)(1 << random.Next(8));
            }

            await TryAsync(home, bytes);
            home.RequireNothingLeft();
        }
    }

    [SkippableFact]
    public async Task Manifests_that_cannot_be_are_refused_and_never_anything_else()
    {
        NeedZstd();
        using ExportHome home = new();
        byte[] tar = Unpack(await home.ExportAsync());
        byte[] whole = tar[512..(512 + Convert.ToInt32(Encoding.ASCII.GetString(tar, 124, 11), 8))];
        Random random = new(20260103);
        int refused = 0;
        for (int round = 0; round < ManifestRounds; round++)
        {
            byte[] bytes = [.. whole];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(32, 127);
            }

            try
            {
                ExportManifest manifest = JsonSerializer.Deserialize(bytes, SnapshotJson.Default.ExportManifest) ?? throw new JsonException("null");
                ExportCheck.RequireSound(manifest);
                manifest.Files.ShouldAllBe(static f => !f.Name.Contains("..", StringComparison.Ordinal) && !f.Name.StartsWith('/'));
            }
            catch (JsonException)
            {
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(ManifestRounds / 4);
    }

    [SkippableTheory]
    [InlineData("\"snapshot/memory\"", "\"snapshot/../../x\"")]
    [InlineData("\"kernel/modules/virtio.ko\"", "\"kernel/modules/../a.ko\"")]
    [InlineData("\"name\": \"debian\"", "\"name\": \"../x\"")]
    [InlineData("\"memoryBytes\": 2097152", "\"memoryBytes\": 4194304")]
    [InlineData("\"diskBytes\": 1048576", "\"diskBytes\": -1")]
    [InlineData("\"Raw\"", "\"Qcow2\"")]
    [InlineData("\"name\": \"web\"", "\"name\": \"we\\u001bb\"")]
    [InlineData("\"args\": [", "\"args\": null, \"x\": [")]
    [InlineData("\"files\": [", "\"files\": [ null,")]
    [InlineData("\"squashfs\"", "\"ext4\"")]
    [InlineData("\"host\": {", "\"other\": {")]
    public async Task A_manifest_that_a_stranger_could_write_is_refused(string part, string wrong)
    {
        NeedZstd();
        using ExportHome home = new();
        byte[] tar = Unpack(await home.ExportAsync());
        string json = Encoding.UTF8.GetString(tar, 512, Convert.ToInt32(Encoding.ASCII.GetString(tar, 124, 11), 8));
        json.ShouldContain(part);

        Should.Throw<JsonException>(() => ExportCheck.RequireSound(JsonSerializer.Deserialize(json.Replace(part, wrong, StringComparison.Ordinal), SnapshotJson.Default.ExportManifest)!));
    }

    private static void NeedZstd() => Skip.IfNot(File.Exists("/usr/bin/zstd"), "zstd is not installed");

    private static async Task TryAsync(ExportHome home, byte[] export)
    {
        try
        {
            Directory.Delete((await home.ImportAsync(export)).Directory, recursive: true); // A flip in padding changes nothing.
        }
        catch (HearthException e) when (e.Code.StartsWith("export.", StringComparison.Ordinal) || e.Code is "snapshot.corrupt" or "image.corrupt" or "kernel.corrupt")
        {
            e.Message.ShouldStartWith("The export 'web.hearth' ");
        }
    }

    private static async Task<string> RefusedAsync(ExportHome home, byte[] export)
    {
        HearthException refused = await Should.ThrowAsync<HearthException>(() => home.ImportAsync(export));
        return $"{refused.Code}: {refused.Message}";
    }

    /// <summary>A text of the same length in place of another.</summary>
    private static byte[] Replaced(byte[] bytes, string part, string other)
    {
        byte[] changed = [.. bytes];
        Encoding.ASCII.GetBytes(other).CopyTo(changed, changed.AsSpan().IndexOf(Encoding.ASCII.GetBytes(part)));
        return changed;
    }

    private static byte[] Unpack(byte[] export)
    {
        using Process zstd = Process.Start(new ProcessStartInfo("zstd", ["-dcq"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Task write = Task.Run(() =>
        {
            zstd.StandardInput.BaseStream.Write(export);
            zstd.StandardInput.Close();
        });
        using MemoryStream tar = new();
        zstd.StandardOutput.BaseStream.CopyTo(tar);
        write.Wait();
        zstd.WaitForExit();
        return tar.ToArray();
    }

    private static void Run(string directory, string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = directory, RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, program);
    }
}

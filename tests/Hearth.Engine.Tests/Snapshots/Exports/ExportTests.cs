using Hearth.Core.Errors;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Snapshots.Exports;
using Hearth.Linux.Files;

namespace Hearth.Engine.Tests.Snapshots.Exports;

public sealed class ExportTests
{
    private static readonly string[] s_files = [FrozenState.DeviceFile, FrozenState.DeltaFile, FrozenState.MemoryFile, "disk-0", "disk-1"];

    [SkippableFact]
    public async Task An_import_has_every_byte_of_the_snapshot_and_its_holes()
    {
        using ExportHome home = Home();

        FrozenState state = await home.ImportAsync(await home.ExportAsync(), "copy");

        state.Manifest.Name.ShouldBe("copy");
        state.RequireUnchanged();
        foreach (string file in s_files)
        {
            string path = Path.Combine(state.Directory, file);
            File.ReadAllBytes(path).ShouldBe(File.ReadAllBytes(Path.Combine(home.SnapshotDirectory, file)), file);
            AllocatedSize.OfFile(path).ShouldBeLessThanOrEqualTo(AllocatedSize.OfFile(Path.Combine(home.SnapshotDirectory, file)), file);
        }

        // The page of zeros in the memory is a hole now.
        AllocatedSize.OfFile(state.MemoryPath).ShouldBe(3 * 4096);
        File.GetUnixFileMode(state.DevicePath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.EnumerateFileSystemEntries(Path.Combine(home.TargetHome, "staging")).ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task An_import_brings_the_image_without_a_name_and_the_kernel()
    {
        using ExportHome home = Home();

        await home.ImportAsync(await home.ExportAsync());

        string image = Directory.EnumerateDirectories(Path.Combine(home.TargetHome, "images")).ShouldHaveSingleItem();
        File.ReadAllText(Path.Combine(image, "root")).ShouldBe("hsqs: a block image");
        File.ReadAllText(Path.Combine(image, "image.json")).ShouldContain("\"imported\": true");
        File.Exists(Path.Combine(home.TargetHome, "image-names.json")).ShouldBeFalse();
        string kernel = Directory.EnumerateDirectories(Path.Combine(home.TargetHome, "kernels")).ShouldHaveSingleItem();
        File.ReadAllText(Path.Combine(kernel, "modules", "virtio.ko")).ShouldBe("a module");
    }

    [SkippableFact]
    public async Task Without_the_image_it_is_smaller_and_the_cure_says_what_is_missing()
    {
        using ExportHome home = Home();
        byte[] export = await home.ExportAsync(withImage: false);

        (await RefusedAsync(home, export)).ShouldBe(
            $"export.needs-kernel: The export 'web.hearth' was made with --no-image, and kernel debian ({home.KernelDigest[..12]}, 6.1.0) is not here. 'hearth kernel pull debian' where that gets the same release, or export again without --no-image.");
        home.GiveKernel();
        (await RefusedAsync(home, export)).ShouldStartWith("export.needs-image: The export 'web.hearth' was made with --no-image, and image @busybox (sha256:");
        home.GiveImage();
        (await home.ImportAsync(export)).Manifest.Name.ShouldBe("web");
        export.Length.ShouldBeLessThan((await home.ExportAsync()).Length);
    }

    [SkippableFact]
    public async Task An_image_here_with_other_bytes_is_refused()
    {
        using ExportHome home = Home();
        home.GiveImage();
        string root = Directory.EnumerateFiles(Path.Combine(home.TargetHome, "images"), "root.squashfs", SearchOption.AllDirectories).Single();
        File.WriteAllText(root, "hsqs: b block image");

        (await RefusedAsync(home, await home.ExportAsync())).ShouldContain("here has other bytes than the one that its guest runs from");
    }

    [SkippableFact]
    public async Task Another_qemu_cpu_link_or_clock_is_refused_with_the_difference()
    {
        using ExportHome home = Home();
        byte[] export = await home.ExportAsync();
        const string Start = "snapshot.incompatible: The export 'web.hearth' cannot be imported: ";
        const string Cure = ". Memory and devices go on only on the same QEMU and a CPU of the same class; a snapshot made with --disk-only boots anywhere.";

        home.Here = ExportHome.Host with { Qemu = "QEMU emulator version 8.0.0" };
        (await RefusedAsync(home, export)).ShouldBe($"{Start}it was made with 'QEMU emulator version 7.2.22', and here is 'QEMU emulator version 8.0.0'{Cure}");
        home.Here = ExportHome.Host with { Link = 3 };
        (await RefusedAsync(home, export)).ShouldBe($"{Start}its agent speaks version 2 of the link, and this hearth version 3{Cure}");
        home.Here = ExportHome.Host with { TscKilohertz = 2_700_000 };
        (await RefusedAsync(home, export)).ShouldContain("its clock counts 2600000 kHz, and this CPU's counter 2700000");
        home.Here = ExportHome.Host with { TscKilohertz = 2_600_200 };
        (await home.ImportAsync(export)).Manifest.Name.ShouldBe("web");
    }

    [Fact]
    public void A_cpu_that_lacks_a_feature_is_told_so_and_one_that_has_more_is_not()
    {
        ExportHost saved = ExportHome.Host with { CpuFlags = ["avx2", "fpu"] };

        saved.WhyNot(saved with { CpuFlags = ["fpu"] }).ShouldBe("this CPU lacks avx2");
        saved.WhyNot(saved with { CpuFlags = ["avx2", "avx512f", "fpu"] }).ShouldBeNull();
    }

    [SkippableFact]
    public async Task A_name_in_use_a_wrong_name_and_a_full_disk_are_refused_before_anything_is_written()
    {
        using ExportHome home = Home();
        byte[] export = await home.ExportAsync();

        home.FreeBytes = static () => 1000;
        (await RefusedAsync(home, export)).ShouldStartWith("disk.full: The export 'web.hearth' cannot be loaded: it unpacks to ");
        home.FreeBytes = null;
        (await RefusedAsync(home, export, "../web")).ShouldStartWith("snapshot.name: '../web' cannot be a snapshot's name.");
        home.RequireNothingLeft();
        await home.ImportAsync(export);
        (await RefusedAsync(home, export)).ShouldBe("snapshot.exists: There is a snapshot 'web' already. Remove it ('hearth snapshot rm web') or choose another name.");
        (await home.ImportAsync(export, "web-2")).Manifest.Name.ShouldBe("web-2");
    }

    [SkippableFact]
    public async Task A_disk_that_becomes_full_leaves_nothing()
    {
        using ExportHome home = Home();
        byte[] export = await home.ExportAsync();
        int asked = 0;
        home.FreeBytes = () => asked++ == 0 ? long.MaxValue : 0;

        (await RefusedAsync(home, export)).ShouldStartWith("disk.full: The export 'web.hearth' cannot be loaded: it has unpacked to ");
        home.RequireNothingLeft();
    }

    [SkippableFact]
    public async Task A_file_appears_whole_for_its_owner_alone_or_not_at_all()
    {
        using ExportHome home = Home();
        string file = Path.Combine(home.TargetHome, "web.hearth");

        await home.ExportAsync(file);
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await home.ImportAsync(await File.ReadAllBytesAsync(file))).Manifest.Name.ShouldBe("web");

        string missing = Path.Combine(home.TargetHome, "missing", "web.hearth");
        (await Should.ThrowAsync<HearthException>(() => home.ExportAsync(missing))).Message.ShouldBe($"The export '{missing}' cannot be written: there is no such directory.");
        Directory.EnumerateFiles(home.TargetHome).Select(Path.GetFileName).ShouldBe(["version", "web.hearth"], ignoreOrder: true);
    }

    private static ExportHome Home()
    {
        Skip.IfNot(File.Exists("/usr/bin/zstd"), "zstd is not installed");
        return new ExportHome();
    }

    private static async Task<string> RefusedAsync(ExportHome home, byte[] export, string? name = null)
    {
        HearthException refused = await Should.ThrowAsync<HearthException>(() => home.ImportAsync(export, name));
        return $"{refused.Code}: {refused.Message} {refused.Hint}";
    }
}

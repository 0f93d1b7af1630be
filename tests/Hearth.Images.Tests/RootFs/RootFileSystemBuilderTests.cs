using System.Diagnostics;
using Hearth.Core.Errors;
using Hearth.Core.Progress;
using Hearth.Images.Layers;
using Hearth.Images.RootFs;
using Hearth.Images.Tests.Layers;

namespace Hearth.Images.Tests.RootFs;

/// <summary>Builds real images and lists them with unsquashfs.</summary>
public sealed class RootFileSystemBuilderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hearth-rootfs-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public async Task Layers_become_one_image_with_owners_modes_devices_and_links()
    {
        RequireTools("tar2sqfs", "unsquashfs");
        byte[] lower = TarBytes.Of(tar => tar
            .Directory("./", mode: 0x1ed, owner: 3)
            .Directory("tmp/", mode: 0x3ff)
            .File("tool", "x", mode: 0x9ed)
            .HardLink("same", "tool")
            .File("gone", "x")
            .File("deep/in/here", "y")
            .Pax(("GNU.sparse.size", "1000000"), ("GNU.sparse.map", "999999,1")).File("sparse", "e")
            .Entry('3', "null", [], change: block => { TarBytes.Put(block, 329, 8, "0000001"); TarBytes.Put(block, 337, 8, "0000003"); }));
        byte[] upper = TarBytes.Of(tar => tar.File(".wh.gone", "").Directory("deep/", mode: 0x1c0, owner: 5).SymbolicLink("link", "tool"));

        string image = await BuildAsync(null, Layer(0, lower), Layer(1, Compression.Gzip(upper)));

        string[] lines = Run("unsquashfs", "-lln", image).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Select(Brief).ShouldBe([
            "drwxr-xr-x 3/3 .", "drwx------ 5/5 deep", "drwxr-xr-x 0/0 deep/in", "-rw-r--r-- 0/0 deep/in/here", "lrwxrwxrwx 0/0 link -> tool",
            "crw-r--r-- 0/0 null", "-rwsr-xr-x 0/0 same", "-rw-r--r-- 0/0 sparse", "drwxrwxrwt 0/0 tmp", "-rwsr-xr-x 0/0 tool"]);
        Directory.GetFiles(_folder).Select(Path.GetFileName).Order().ShouldBe(["layer0", "layer1", "root.squashfs"]);
    }

    [SkippableFact]
    public async Task The_same_layers_make_the_same_bytes()
    {
        RequireTools("tar2sqfs");
        byte[] layer = TarBytes.Of(tar =>
        {
            for (int i = 0; i < 50; i++)
            {
                tar.File($"f{i}", new string((char)('a' + (i % 26)), i * 1000));
            }
        });

        byte[] first = await File.ReadAllBytesAsync(await BuildAsync(null, Layer(0, layer)));
        byte[] second = await File.ReadAllBytesAsync(await BuildAsync(null, Layer(0, layer)));

        second.ShouldBe(first);
    }

    [SkippableFact]
    public async Task A_zstd_layer_is_unpacked_and_a_damaged_one_refused()
    {
        RequireTools("tar2sqfs", "zstd", "unsquashfs");
        LayerSource layer = Layer(0, TarBytes.Of(tar => tar.File("noise", System.Text.Encoding.Latin1.GetString(Compression.Noise(500_000)))));
        Run("zstd", "-q", "--check", layer.Path, "-o", layer.Path + ".zst");
        LayerSource packed = layer with { Path = layer.Path + ".zst" };

        Run("unsquashfs", "-lln", await BuildAsync(null, packed)).ShouldContain("500000");

        byte[] damaged = await File.ReadAllBytesAsync(packed.Path);
        damaged[^1] ^= 1;
        await File.WriteAllBytesAsync(packed.Path, damaged);
        (await Should.ThrowAsync<HearthException>(() => BuildAsync(null, packed))).Message.ShouldContain("it cannot be unpacked (zstd ended with 1");
    }

    [SkippableFact]
    public async Task A_refused_layer_leaves_nothing_behind()
    {
        RequireTools("tar2sqfs");
        LayerSource layer = Layer(0, TarBytes.Of(tar => tar.File("good", "x").File("../bad", "x")));

        HearthException error = await Should.ThrowAsync<HearthException>(() => BuildAsync(null, layer));

        error.Message.ShouldBe("Layer 000000000000, entry '../bad': it leads out of the root.");
        Directory.GetFiles(_folder).Select(Path.GetFileName).ShouldBe(["layer0"]);
    }

    [SkippableFact]
    public async Task A_build_that_is_cancelled_ends_and_leaves_nothing_behind()
    {
        RequireTools("tar2sqfs");
        using var cancellation = new CancellationTokenSource();
        LayerSource layer = Layer(0, TarBytes.Of(tar => tar.File("large", System.Text.Encoding.Latin1.GetString(Compression.Noise(16 << 20)))));

        // The first report comes from the middle of the work.
        await Should.ThrowAsync<OperationCanceledException>(() => BuildAsync(new Told(_ => cancellation.Cancel()), cancellation.Token, layer));

        Directory.GetFiles(_folder).Select(Path.GetFileName).ShouldBe(["layer0"]);
    }

    [SkippableFact]
    public async Task A_place_that_cannot_be_written_names_the_maker_and_its_words()
    {
        RequireTools("tar2sqfs");
        LayerSource layer = Layer(0, TarBytes.Of(tar => tar.File("f", "x")));

        HearthException error = await Should.ThrowAsync<HearthException>(() =>
            new RootFileSystemBuilder().BuildAsync([layer], Path.Combine(_folder, "missing", "root.squashfs"), null, CancellationToken.None));

        error.Code.ShouldBe("rootfs.maker-failed");
        error.Message.ShouldContain("No such file or directory");
    }

    private static string Brief(string line)
    {
        string[] words = line.Split(' ');
        int name = Array.FindIndex(words, word => word.StartsWith("squashfs-root", StringComparison.Ordinal));
        string path = string.Join(' ', words[name..])["squashfs-root".Length..].TrimStart('/');
        return $"{words[0]} {words[1]} {(path.Length == 0 ? "." : path)}";
    }

    private static void RequireTools(params string[] names)
    {
        foreach (string name in names)
        {
            Skip.IfNot(Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, name))), $"{name} is not installed");
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0);
        return output;
    }

    private LayerSource Layer(int index, byte[] bytes)
    {
        string path = Path.Combine(_folder, $"layer{index}");
        File.WriteAllBytes(path, bytes);
        return new LayerSource($"sha256:{index:x64}", path, string.Empty);
    }

    private Task<string> BuildAsync(IProgress<StageProgress>? progress, params LayerSource[] layers) => BuildAsync(progress, CancellationToken.None, layers);

    private async Task<string> BuildAsync(IProgress<StageProgress>? progress, CancellationToken cancellation, params LayerSource[] layers)
    {
        string image = Path.Combine(_folder, "root" + RootFileSystemBuilder.FileSuffix);
        await new RootFileSystemBuilder().BuildAsync(layers, image, progress, cancellation);
        return image;
    }

    private sealed class Told(Action<StageProgress> tell) : IProgress<StageProgress>
    {
        public void Report(StageProgress value) => tell(value);
    }
}

using System.Security.Cryptography;
using System.Text;
using Hearth.Core.Specs;
using Hearth.Engine.Disks;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Snapshots.Exports;
using Hearth.Linux.Memory;
using Hearth.Vmm;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Engine.Tests.Snapshots.Exports;

/// <summary>A home with a small snapshot, its image and its kernel; and another to import into.</summary>
internal sealed class ExportHome : IDisposable
{
    public const string Name = "web";
    private const int Memory = 2 << 20;
    private const int Disk = 1 << 20;
    private const string Config = """{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}""";
    private static readonly DateTime s_time = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private readonly string _imageId = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Config)));
    private readonly TemporaryHome _source = new();
    private readonly TemporaryHome _target = new();

    public ExportHome()
    {
        MakeImage(_source);
        KernelDigest = MakeKernel(_source);
        MakeSnapshot();
    }

    public static ExportHost Host { get; } = new("QEMU emulator version 7.2.22", [], 2_600_000, 2);

    /// <summary>Of the host that imports.</summary>
    public ExportHost Here { get; set; } = Host;

    public Func<long>? FreeBytes { get; set; }

    public string KernelDigest { get; }

    public string TargetHome => _target.Paths.Home;

    public SnapshotStore Imported => new(_target.Paths);

    public string SnapshotDirectory => Path.Combine(_source.Paths.Snapshots, Name);

    public async Task<byte[]> ExportAsync(bool withImage = true)
    {
        using MemoryStream bytes = new();
        await new SnapshotExport(_source.Paths) { ReadHost = static (_, _) => Task.FromResult(Host) }.WriteAsync(Name, withImage, bytes, null, CancellationToken.None);
        return bytes.ToArray();
    }

    public Task ExportAsync(string path) => new SnapshotExport(_source.Paths) { ReadHost = static (_, _) => Task.FromResult(Host) }.WriteAsync(Name, true, path, null, CancellationToken.None);

    public async Task<FrozenState> ImportAsync(byte[] export, string? name = null) =>
        await new SnapshotImport(_target.Paths) { ReadHost = (_, _) => Task.FromResult(Here), FreeBytes = FreeBytes }
            .ReadAsync(new MemoryStream(export), "the export 'web.hearth'", name, null, CancellationToken.None);

    /// <summary>Puts the image and the kernel where the import goes.</summary>
    public void GiveImage() => MakeImage(_target);

    public void GiveKernel() => MakeKernel(_target);

    /// <summary>Nothing that is half-made, and no snapshot.</summary>
    public void RequireNothingLeft()
    {
        Directory.EnumerateFileSystemEntries(_target.Paths.Staging).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(_target.Paths.Snapshots).ShouldBeEmpty();
    }

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
    }

    private void MakeImage(TemporaryHome home)
    {
        string directory = Path.Combine(home.Paths.Images, _imageId["sha256:".Length..]);
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "config.json"), Config);
        File.WriteAllText(Path.Combine(directory, "manifest.json"), $$"""{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{_imageId}}","size":{{Config.Length}}},"layers":[]}""");
        File.WriteAllText(Path.Combine(directory, "root.squashfs"), "hsqs: a block image");
        File.WriteAllText(Path.Combine(directory, "image.json"), """{"version":1,"rootFile":"root.squashfs","fileSystem":"squashfs","rootBytes":19}""");
    }

    private static string MakeKernel(TemporaryHome home)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        (string Name, string Content)[] files = [("vmlinux", "an ELF kernel"), ("virtio.ko", "a module")];
        foreach ((string name, string content) in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\0{content.Length}\0{content}"));
        }

        string digest = Convert.ToHexStringLower(hash.GetHashAndReset());
        string directory = Path.Combine(home.Paths.Kernels, digest);
        Directory.CreateDirectory(Path.Combine(directory, "modules"));
        File.WriteAllText(Path.Combine(directory, "vmlinux"), files[0].Content);
        File.WriteAllText(Path.Combine(directory, "modules", "virtio.ko"), files[1].Content);
        File.WriteAllText(Path.Combine(directory, "meta.json"), """{"version":1,"name":"debian","release":"6.1.0","origin":"linux-image"}""");
        return digest;
    }

    /// <summary>Memory and disk are mostly holes; some of what is written is zeros.</summary>
    private void MakeSnapshot()
    {
        Directory.CreateDirectory(SnapshotDirectory);
        string memory = Path.Combine(SnapshotDirectory, FrozenState.MemoryFile);
        WriteSparse(memory, Memory, [(0, 1), (4096, 0), (8192, 2), (Memory - 4096, 3)]);
        WriteSparse(Path.Combine(SnapshotDirectory, FrozenState.DiskFile(0)), Disk, [(65536, 4)]);
        Qcow2File.CreateEmpty(Path.Combine(SnapshotDirectory, FrozenState.DiskFile(1)), Disk);
        File.WriteAllBytes(Path.Combine(SnapshotDirectory, FrozenState.DeviceFile), [1, 2, 3]);
        MemoryDelta delta = new(Memory, [new PageRun(5, 1)]);
        using (SafeFileHandle file = File.OpenHandle(Path.Combine(SnapshotDirectory, FrozenState.DeltaFile), FileMode.CreateNew, FileAccess.Write))
        {
            delta.WriteHeader(file);
            byte[] page = new byte[PageRun.PageBytes];
            Array.Fill(page, (byte)5);
            RandomAccess.Write(file, page, delta.DataOffset);
        }

        File.SetLastWriteTimeUtc(memory, s_time);
        VmSpec spec = TemporaryHome.Spec(Name, new string('b', 64)) with { ImageId = _imageId, MemoryBytes = Memory, DiskBytes = Disk, Accel = AccelChoice.Tcg };
        new FrozenState(SnapshotDirectory, Frozen.Manifest(Name) with
        {
            Kind = FrozenKind.Snapshot,
            Engine = HostIdentity.Of(new AccelDecision(false, "")),
            Kernel = KernelDigest,
            ImageId = _imageId,
            MemoryBytes = Memory,
            DiskBytes = Disk,
            MemoryModified = FrozenState.ModifiedTicks(memory),
            Disk = [new DiskLayer(FrozenState.DiskFile(0), DiskFormat.Raw), new DiskLayer(FrozenState.DiskFile(1), DiskFormat.Qcow2)],
            Spec = spec,
        }).WriteManifest();
    }

    private static void WriteSparse(string path, long size, List<(long Offset, byte Value)> pages)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.SetLength(file, size);
        byte[] page = new byte[4096];
        foreach ((long offset, byte value) in pages)
        {
            Array.Fill(page, value);
            RandomAccess.Write(file, page, offset);
        }
    }
}

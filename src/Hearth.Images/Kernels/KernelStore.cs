using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Core.Progress;
using Hearth.Core.Storage;
using Hearth.Images.Initramfs;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Images.Kernels;

/// <summary>
/// The kernels below <c>$HEARTH_HOME/kernels</c>: <c>&lt;digest&gt;/{vmlinux, modules/, meta.json}</c>, never changed once
/// they are there, and <c>names/&lt;name&gt;</c>, one line with a digest. A kernel is made in the staging directory and renamed
/// into place, under a lock of its name; a second caller waits for it and finds the work done.
/// </summary>
public sealed class KernelStore(HearthPaths paths)
{
    /// <summary>The stock cloud kernel package of this machine's Debian: nothing to compile.</summary>
    public const string Debian = "debian";

    /// <summary>The small kernel that <see cref="MicroKernelBuilder"/> makes.</summary>
    public const string Micro = "micro";

    private const string DebianMetaPackage = "linux-image-cloud-amd64";

    /// <summary>The kernel of a name or digest, fetched first when it is <c>debian</c> and missing.</summary>
    /// <exception cref="HearthException"><c>kernel.unknown</c>, <c>kernel.not-built</c>, <c>kernel.fetch</c>, <c>kernel.corrupt</c>, <c>tool.missing</c>.</exception>
    public async Task<KernelRecord> EnsureAsync(string name, IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        if (Find(name) is { } present)
        {
            return present;
        }

        if (name != Debian)
        {
            throw Missing(name);
        }

        using FileLock held = await LockAsync(name, cancellation);
        return Find(name) ?? await FetchDebianAsync(progress, cancellation);
    }

    /// <summary>The kernel of a name or digest when it is here; null when it is not. Two small files are read.</summary>
    public KernelRecord? Find(string nameOrDigest)
    {
        string? digest = IsDigest(nameOrDigest) ? nameOrDigest : ReadName(nameOrDigest);
        return digest is null ? null : Read(digest);
    }

    /// <summary>All kernels here, by name.</summary>
    public IReadOnlyList<KernelRecord> List() =>
        !Directory.Exists(paths.Kernels) ? [] : [.. Directory.EnumerateDirectories(paths.Kernels)
            .Select(Path.GetFileName).Where(IsDigest).Select(digest => Read(digest!)).OfType<KernelRecord>()
            .OrderBy(static kernel => kernel.Name, StringComparer.Ordinal).ThenBy(static kernel => kernel.Digest, StringComparer.Ordinal)];

    /// <summary>Removes the kernel of a name or digest, with the initramfs files made for it. VMs that run are not disturbed.</summary>
    /// <exception cref="HearthException"><c>kernel.unknown</c>: there is none.</exception>
    public async Task RemoveAsync(string nameOrDigest, CancellationToken cancellation)
    {
        KernelRecord kernel = Find(nameOrDigest) ?? throw new HearthException(
            "kernel.unknown", $"Kernel '{nameOrDigest}' is not in the store.", "Run 'hearth kernel ls' to see which are.");
        using FileLock held = await LockAsync(kernel.Name, cancellation);
        if (ReadName(kernel.Name) == kernel.Digest)
        {
            File.Delete(NamePath(kernel.Name));
        }

        // Renamed away first: a reader sees the whole kernel or none.
        using StagingDirectory staging = await StagingDirectory.CreateAsync(paths, "kernel", cancellation);
        Directory.Move(Path.Combine(paths.Kernels, kernel.Digest), staging.File("removed"));
    }

    internal Task<FileLock> LockAsync(string name, CancellationToken cancellation) =>
        FileLock.AcquireAsync(Path.Combine(paths.Locks, $"kernel-{name}.lock"), cancellation);

    /// <summary>Puts a directory with <c>vmlinux</c> and <c>modules/</c> into the store and points the name at it.</summary>
    internal async Task<KernelRecord> PublishAsync(string staged, string name, string release, string origin, CancellationToken cancellation)
    {
        string digest = await ComputeDigestAsync(staged, cancellation);
        var metadata = new KernelMetadata { Name = name, Release = release, Origin = origin };
        await File.WriteAllBytesAsync(Path.Combine(staged, "meta.json"), JsonSerializer.SerializeToUtf8Bytes(metadata, KernelJson.Default.KernelMetadata), cancellation);
        string target = Path.Combine(paths.Kernels, digest);
        Directory.CreateDirectory(Path.Combine(paths.Kernels, "names"));
        if (!Directory.Exists(target))
        {
            Directory.Move(staged, target);
        }

        string temporary = $"{NamePath(name)}.{Guid.NewGuid():N}";
        await File.WriteAllTextAsync(temporary, digest + "\n", cancellation);
        File.Move(temporary, NamePath(name), overwrite: true);
        return Read(digest)!;
    }

    /// <summary>Takes in a kernel that came with a snapshot, unless it is here. It gets no name.</summary>
    /// <param name="staged">A directory with <c>vmlinux</c> and <c>modules/</c>; renamed into place.</param>
    /// <param name="kernel">What it is said to be.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="HearthException"><c>kernel.corrupt</c>: the files have another digest.</exception>
    public async Task AdoptAsync(string staged, (string Digest, string Name, string Release) kernel, CancellationToken cancellation)
    {
        if (await ComputeDigestAsync(staged, cancellation) != kernel.Digest)
        {
            throw new HearthException("kernel.corrupt", $"Kernel {kernel.Digest[..12]}: its files do not match its digest.", "Get it again from where it came.");
        }

        using FileLock held = await LockAsync(kernel.Digest, cancellation);
        if (Read(kernel.Digest) is null)
        {
            var metadata = new KernelMetadata { Name = kernel.Name, Release = kernel.Release, Origin = "an imported snapshot" };
            await File.WriteAllBytesAsync(Path.Combine(staged, "meta.json"), JsonSerializer.SerializeToUtf8Bytes(metadata, KernelJson.Default.KernelMetadata), cancellation);
            Directory.CreateDirectory(paths.Kernels);
            Directory.Move(staged, Path.Combine(paths.Kernels, kernel.Digest));
        }
    }

    private async Task<KernelRecord> FetchDebianAsync(IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        string package = await DebianPackage.FindDependencyAsync(DebianMetaPackage, "linux-image-", cancellation);

        using StagingDirectory download = await StagingDirectory.ResumeAsync(paths, "kernel-download", cancellation);
        using StagingDirectory staging = await StagingDirectory.CreateAsync(paths, "kernel", cancellation);
        string deb = await DebianPackage.DownloadAsync(package, download.Path, progress, cancellation);
        string stage = $"unpacking {package}";
        progress?.Report(new StageProgress(stage, InBytes: false));
        string unpacked = staging.File("unpacked");
        await DebianPackage.UnpackAsync(deb, unpacked, cancellation);
        string staged = staging.File("kernel");
        string modules = Directory.CreateDirectory(Path.Combine(staged, "modules")).FullName;
        string bzImage = Directory.EnumerateFiles(Path.Combine(unpacked, "boot"), "vmlinuz-*").First();
        string release = await KernelUnpacker.UnpackAsync(bzImage, Path.Combine(staged, "vmlinux"), cancellation);
        CopyModules(Path.Combine(unpacked, "lib", "modules"), modules);
        KernelRecord kernel = await PublishAsync(staged, Debian, release, Path.GetFileNameWithoutExtension(deb), cancellation);
        download.Remove();
        progress?.Report(new StageProgress(stage, InBytes: false, Finished: true));
        return kernel;
    }

    /// <summary>Of 90 MB of modules a VM can use 4.</summary>
    private static void CopyModules(string source, string target)
    {
        foreach (string path in ModuleOrder.ResolveFiles(source, ModuleSelection.Default.Boot.Concat(ModuleSelection.Default.Later)))
        {
            File.Copy(path, Path.Combine(target, Path.GetFileName(path)));
        }
    }

    private KernelRecord? Read(string digest)
    {
        string directory = Path.Combine(paths.Kernels, digest);
        byte[] json;
        try
        {
            json = File.ReadAllBytes(Path.Combine(directory, "meta.json"));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        try
        {
            KernelMetadata metadata = JsonSerializer.Deserialize(json, KernelJson.Default.KernelMetadata)!;
            return new KernelRecord(metadata.Name, digest, metadata.Release, Path.Combine(directory, "vmlinux"), Path.Combine(directory, "modules"));
        }
        catch (JsonException exception)
        {
            throw new HearthException("kernel.corrupt", $"Kernel {digest[..12]}: its meta.json cannot be read.", $"Remove the directory '{directory}' and try again.", inner: exception);
        }
    }

    private string? ReadName(string name)
    {
        // A name is one path segment: anything else is nobody's.
        if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal) || name[0] == '.')
        {
            return null;
        }

        try
        {
            string digest = File.ReadAllText(NamePath(name)).TrimEnd();
            return IsDigest(digest) ? digest : null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private string NamePath(string name) => Path.Combine(paths.Kernels, "names", name);

    private static bool IsDigest(string? text) => text is { Length: 64 } && text.All(char.IsAsciiHexDigitLower);

    /// <summary>Also flushes the files to disk: a name must never lead to a kernel that a power cut emptied.</summary>
    private static async Task<string> ComputeDigestAsync(string directory, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string modules = Path.Combine(directory, "modules");
        IEnumerable<string> files = Directory.EnumerateFiles(modules).Order(StringComparer.Ordinal).Prepend(Path.Combine(directory, "vmlinux"));
        foreach (string file in files)
        {
            using SafeFileHandle handle = File.OpenHandle(file);
            RandomAccess.FlushToDisk(handle);
            byte[] content = await File.ReadAllBytesAsync(file, cancellation);
            hash.AppendData(Encoding.UTF8.GetBytes($"{Path.GetFileName(file)}\0{content.Length}\0"));
            hash.AppendData(content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static HearthException Missing(string name) => name == Micro
        ? new HearthException("kernel.not-built", "Kernel 'micro' has not been built yet.", "Run 'hearth kernel build micro' (it compiles for some minutes), or use --kernel debian.")
        : new HearthException("kernel.unknown", $"Kernel '{name}' is not in the store.", "Run 'hearth kernel ls' to see which are; 'debian' and 'micro' can be made.");
}

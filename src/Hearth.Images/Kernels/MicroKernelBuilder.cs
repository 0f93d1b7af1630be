using System.Globalization;
using Hearth.Core.Errors;
using Hearth.Core.Progress;
using Hearth.Core.Storage;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;

namespace Hearth.Images.Kernels;

/// <summary>
/// Builds the <c>micro</c> kernel from Debian's kernel source package and <c>micro.config</c>, as an ordinary user:
/// 1. fetch the package; 2. unpack it; 3. configure (<c>make allnoconfig</c> with the fragment on top); 4. compile at the lowest
/// priority; 5. strip and publish. Takes about 1.7 GB of the staging directory and some minutes of processor time.
/// </summary>
public sealed class MicroKernelBuilder(HearthPaths paths, KernelStore store)
{
    private const string SourceMetaPackage = "linux-source";

    /// <summary>Lines that make writes for Debian's 6.1.192 with <c>micro.config</c>, counted: what progress is measured against.</summary>
    private const int ExpectedSteps = 1717;

    /// <summary>Without one of these no VM boots or no container starts: a source that lost one is refused before it is compiled.</summary>
    private static readonly string[] s_essential =
    [
        "64BIT", "SMP", "PVH", "ACPI", "VIRTIO_MMIO", "VIRTIO_BLK", "VIRTIO_CONSOLE", "VIRTIO_NET", "HW_RANDOM_VIRTIO", "BLK_DEV_INITRD",
        "EXT4_FS", "SQUASHFS", "EROFS_FS", "OVERLAY_FS", "FUSE_FS", "TMPFS", "DEVTMPFS", "MEMCG", "CGROUP_PIDS", "PID_NS", "USER_NS", "SECCOMP_FILTER",
    ];

    private static readonly (string File, string Package)[] s_needs =
    [
        ("/usr/bin/make", "make"), ("/usr/bin/gcc", "gcc"), ("/usr/lib/x86_64-linux-gnu/crt1.o", "libc6-dev"), ("/usr/bin/flex", "flex"),
        ("/usr/bin/bison", "bison"), ("/usr/bin/bc", "bc"), ("/usr/bin/perl", "perl"), ("/usr/bin/xz", "xz-utils"),
        ("/usr/include/libelf.h", "libelf-dev"), ("/usr/include/openssl/opensslv.h", "libssl-dev"),
    ];

    /// <summary>Builds the kernel, replacing the one that the name led to; a second caller waits and gets what the first has built.</summary>
    /// <exception cref="HearthException"><c>kernel.build-tools</c>, <c>kernel.fetch</c>, <c>kernel.build</c>.</exception>
    public async Task<KernelRecord> BuildMicroAsync(IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        RequireTools(File.Exists);
        KernelRecord? before = store.Find(KernelStore.Micro);
        using FileLock held = await store.LockAsync(KernelStore.Micro, cancellation);
        if (store.Find(KernelStore.Micro) is { } built && built != before)
        {
            return built;
        }

        string package = await DebianPackage.FindDependencyAsync(SourceMetaPackage, "linux-source-", cancellation);
        using StagingDirectory download = await StagingDirectory.ResumeAsync(paths, "kernel-source-download", cancellation);
        using StagingDirectory work = await StagingDirectory.CreateAsync(paths, "kernel", cancellation);
        string deb = await DebianPackage.DownloadAsync(package, download.Path, progress, cancellation);
        string sources = await UnpackAsync(deb, work.Path, package, progress, cancellation);
        await ConfigureAsync(sources, cancellation);
        await CompileAsync(sources, progress, cancellation);
        KernelRecord kernel = await PublishAsync(sources, work.File("kernel"), Path.GetFileNameWithoutExtension(deb), cancellation);
        download.Remove();
        return kernel;
    }

    /// <exception cref="HearthException"><c>kernel.build-tools</c>: names the packages.</exception>
    internal static void RequireTools(Func<string, bool> exists)
    {
        string[] missing = [.. s_needs.Where(need => !exists(need.File)).Select(static need => need.Package)];
        if (missing.Length > 0)
        {
            throw new HearthException(
                "kernel.build-tools",
                $"The micro kernel cannot be built: packages are missing: {string.Join(' ', missing)}.",
                $"Run as root: apt-get install --no-install-recommends {string.Join(' ', missing)}");
        }
    }

    /// <summary>The options of <c>micro.config</c> that a kernel's <c>.config</c> lacks, of those that nothing works without.</summary>
    internal static IReadOnlyList<string> FindMissingOptions(string configuration)
    {
        var set = configuration.Split('\n').ToHashSet(StringComparer.Ordinal);
        return [.. s_essential.Where(option => !set.Contains($"CONFIG_{option}=y"))];
    }

    internal static string ReadFragment()
    {
        using Stream resource = typeof(MicroKernelBuilder).Assembly.GetManifestResourceStream("micro.config")!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }

    private static async Task<string> UnpackAsync(
        string deb, string work, string package, IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        string stage = $"unpacking {package}";
        progress?.Report(new StageProgress(stage, InBytes: false));
        string unpacked = Directory.CreateDirectory(Path.Combine(work, "package")).FullName;
        await DebianPackage.UnpackAsync(deb, unpacked, cancellation);
        string archive = Directory.EnumerateFiles(Path.Combine(unpacked, "usr", "src"), "linux-source-*.tar.xz").First();
        string sources = Directory.CreateDirectory(Path.Combine(work, "sources")).FullName;
        await RunAsync("tar", ["--extract", "--file", archive, "--directory", sources, "--strip-components", "1", "--no-same-owner"], work, null, cancellation);
        Directory.Delete(unpacked, recursive: true);
        progress?.Report(new StageProgress(stage, InBytes: false, Finished: true));
        return sources;
    }

    private static async Task ConfigureAsync(string sources, CancellationToken cancellation)
    {
        string fragment = Path.Combine(sources, "micro.config");
        await File.WriteAllTextAsync(fragment, ReadFragment(), cancellation);
        await RunAsync("make", ["allnoconfig", $"KCONFIG_ALLCONFIG={fragment}"], sources, null, cancellation);
        IReadOnlyList<string> missing = FindMissingOptions(await File.ReadAllTextAsync(Path.Combine(sources, ".config"), cancellation));
        if (missing.Count > 0)
        {
            throw new HearthException(
                "kernel.build",
                $"The micro kernel cannot be built: this kernel source has no {string.Join(", ", missing)}.",
                "Use --kernel debian; micro.config needs adapting to the new source.");
        }
    }

    private static async Task CompileAsync(string sources, IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        const string Stage = "compiling the micro kernel";
        int done = 0;
        void Take(string line)
        {
            if (IsStep(line))
            {
                done++;
                progress?.Report(new StageProgress(Stage, done, Math.Max(ExpectedSteps, done), InBytes: false));
            }
        }

        string jobs = string.Create(CultureInfo.InvariantCulture, $"-j{Environment.ProcessorCount}");
        await RunAsync("nice", ["-n", "19", "make", jobs, "vmlinux"], sources, Take, cancellation);
        progress?.Report(new StageProgress(Stage, done, done, InBytes: false, Finished: true));
    }

    /// <summary><c>  CC      kernel/fork.o</c>: make says one line a step, indented.</summary>
    internal static bool IsStep(string line) => line.StartsWith("  ", StringComparison.Ordinal);

    /// <summary>Strips the compiled kernel and puts it into the store. <paramref name="staged"/> is a directory to make, of the store's file system.</summary>
    internal async Task<KernelRecord> PublishAsync(string sources, string staged, string origin, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.Combine(staged, "modules"));
        await RunAsync("strip", ["-o", Path.Combine(staged, "vmlinux"), Path.Combine(sources, "vmlinux")], sources, null, cancellation);
        string release = (await File.ReadAllTextAsync(Path.Combine(sources, "include", "config", "kernel.release"), cancellation)).Trim();
        return await store.PublishAsync(staged, KernelStore.Micro, release, origin, cancellation);
    }

    private static async Task RunAsync(string program, string[] arguments, string directory, Action<string>? onLine, CancellationToken cancellation)
    {
        // Fixed names and time: the same source gives the same kernel, and the same digest.
        var environment = new Dictionary<string, string?>
        {
            ["LC_ALL"] = "C",
            ["KBUILD_BUILD_USER"] = "hearth",
            ["KBUILD_BUILD_HOST"] = "hearth",
            ["KBUILD_BUILD_TIMESTAMP"] = "1970-01-01",
        };
        try
        {
            await ToolProcess.RunAsync(
                new ToolCommand(program, arguments) { WorkingDirectory = directory, Environment = environment }, new ToolStreams { OutputLine = onLine }, cancellation);
        }
        catch (ToolFailedException exception)
        {
            throw new HearthException("kernel.build", $"The micro kernel cannot be built: {exception.Message}", "Check that the disk is not full, then try again, or use --kernel debian.", inner: exception);
        }
    }
}

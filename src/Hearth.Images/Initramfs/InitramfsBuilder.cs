using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hearth.Core.Errors;
using Hearth.Core.Storage;
using Hearth.Images.Kernels;
using Hearth.Linux.Files;

namespace Hearth.Images.Initramfs;

/// <summary>
/// The first root file system of a guest: the agent as <c>/init</c> with its libraries, kernel modules, busybox and tini, as
/// an uncompressed cpio (measured: unpacking costs more under emulation than reading does).
/// Lies beside its kernel, as <c>kernels/&lt;digest&gt;/initramfs/&lt;agent digest&gt;-&lt;format&gt;.cpio</c>. A symbolic link named
/// after the agent file's size and times leads to it, so that a start reads one link and hashes nothing.
/// </summary>
public sealed class InitramfsBuilder(HearthPaths paths)
{
    /// <summary>Part of the file's name; counted up with every change of what goes into it.</summary>
    private const int FormatVersion = 1;

    /// <summary>Files of former agents that stay, for those that are being started from them.</summary>
    private const int KeptFiles = 4;

    private static readonly string[] s_busyboxNames =
    [
        "sh", "ash", "cat", "cp", "date", "df", "dmesg", "echo", "env", "free", "grep", "head", "hostname", "id", "ip", "kill", "ln", "ls",
        "mkdir", "mount", "mv", "nc", "ps", "rm", "setsid", "sleep", "stat", "stty", "sync", "tail", "tar", "top", "umount", "uname", "vi", "wget",
    ];

    /// <summary>The initramfs of a kernel and an agent; made when it is not there.</summary>
    /// <param name="kernel">A kernel of the store.</param>
    /// <param name="agentPath">The agent, a static or dynamic x86-64 program.</param>
    /// <param name="cancellation">Ends the wait and the work; nothing half-made stays.</param>
    /// <exception cref="HearthException"><c>initramfs.agent-missing</c>, <c>initramfs.library-missing</c>, <c>tool.missing</c>.</exception>
    public async Task<string> EnsureAsync(KernelRecord kernel, string agentPath, CancellationToken cancellation)
    {
        string directory = Path.Combine(Path.GetDirectoryName(kernel.VmlinuxPath)!, "initramfs");
        string memo = Path.Combine(directory, MemoName(agentPath));
        if (FollowMemo(memo) is { } present)
        {
            return present;
        }

        using FileLock held = await FileLock.AcquireAsync(Path.Combine(paths.Locks, $"initramfs-{kernel.Digest[..12]}.lock"), cancellation);
        return FollowMemo(memo) ?? await BuildAsync(kernel, agentPath, directory, memo, cancellation);
    }

    private static async Task<string> BuildAsync(KernelRecord kernel, string agentPath, string directory, string memo, CancellationToken cancellation)
    {
        Directory.CreateDirectory(directory);
        byte[] agent = await File.ReadAllBytesAsync(agentPath, cancellation);
        string name = $"{Convert.ToHexStringLower(SHA256.HashData(agent))}-{FormatVersion}.cpio";
        string path = Path.Combine(directory, name);
        if (!File.Exists(path))
        {
            string temporary = $"{path}.{Guid.NewGuid():N}";
            try
            {
                await using (FileStream output = File.Create(temporary, 1 << 18))
                {
                    Write(output, agent, kernel.ModulesDirectory, ModuleSelection.Default);
                    output.Flush(flushToDisk: true);
                }

                File.Move(temporary, path, overwrite: true);
            }
            finally
            {
                File.Delete(temporary);
            }
        }

        string link = $"{memo}.{Guid.NewGuid():N}";
        File.CreateSymbolicLink(link, name);
        File.Move(link, memo, overwrite: true);
        RemoveOld(directory, path);
        return path;
    }

    /// <summary>Writes the archive; equal arguments and equal host files give equal bytes.</summary>
    internal static void Write(Stream output, ReadOnlyMemory<byte> agent, string modulesDirectory, ModuleSelection selection)
    {
        var contents = new InitramfsContents();
        foreach (string empty in (string[])["dev", "lib/hearth/modules", "mnt", "proc", "run", "sys", "tmp"])
        {
            contents.AddDirectory(empty);
        }

        contents.AddFile("init", agent, executable: true);
        foreach (string library in LibraryClosure.Host.Resolve(agent))
        {
            contents.AddFile(library.TrimStart('/'), File.ReadAllBytes(library), executable: true);
        }

        contents.AddFile("bin/busybox", ReadTool("/bin/busybox", "busybox-static"), executable: true);
        foreach (string name in s_busyboxNames)
        {
            contents.AddLink("bin/" + name, "busybox");
        }

        contents.AddFile("sbin/tini", ReadTool("/usr/bin/tini-static", "tini"), executable: true);
        AddModules(contents, modulesDirectory, selection);
        contents.WriteTo(output);
    }

    private static void AddModules(InitramfsContents contents, string directory, ModuleSelection selection)
    {
        IReadOnlyList<string> boot = ModuleOrder.ResolveFiles(directory, selection.Boot);
        IReadOnlyList<string> later = [.. ModuleOrder.ResolveFiles(directory, selection.Later).Except(boot)];
        foreach (string path in boot.Concat(later))
        {
            contents.AddFile("lib/hearth/modules/" + Path.GetFileName(path), File.ReadAllBytes(path), executable: false);
        }

        contents.AddFile("lib/hearth/modules.list", ToLines(boot), executable: false);
        contents.AddFile("lib/hearth/modules.later.list", ToLines(later), executable: false);
    }

    private static byte[] ToLines(IEnumerable<string> paths) =>
        Encoding.UTF8.GetBytes(string.Concat(paths.Select(static path => Path.GetFileName(path) + "\n")));

    private static byte[] ReadTool(string path, string package) => File.Exists(path)
        ? File.ReadAllBytes(path)
        : throw new HearthException("tool.missing", $"The guest needs '{path}', which is not there.", $"Install the package {package}: apt-get install {package}");

    /// <summary>
    /// A name that changes with the file. Its birth time tells a new file from an old one as an inode number would; the
    /// content is not hashed, since loading the cryptography library alone costs 10 ms.
    /// </summary>
    private static string MemoName(string agentPath)
    {
        var file = new FileInfo(agentPath);
        if (!file.Exists)
        {
            throw new HearthException("initramfs.agent-missing", $"The guest agent '{agentPath}' is not there.", "Run './hearth install' again, or build the source tree with './hearth version'.");
        }

        return string.Create(CultureInfo.InvariantCulture, $"agent-{FormatVersion}-{file.Length:x}-{file.LastWriteTimeUtc.Ticks:x}-{file.CreationTimeUtc.Ticks:x}");
    }

    private static string? FollowMemo(string memo) =>
        File.Exists(memo) && new FileInfo(memo).LinkTarget is { } name ? Path.Combine(Path.GetDirectoryName(memo)!, name) : null;

    private static void RemoveOld(string directory, string current)
    {
        IEnumerable<FileInfo> old = new DirectoryInfo(directory).EnumerateFiles("*.cpio")
            .Where(file => file.FullName != current).OrderByDescending(static file => file.LastWriteTimeUtc).Skip(KeptFiles - 1);
        foreach (FileInfo file in old.ToList())
        {
            file.Delete();
        }

        foreach (FileInfo link in new DirectoryInfo(directory).EnumerateFiles("agent-*").Where(static link => !File.Exists(link.FullName)).ToList())
        {
            link.Delete();
        }
    }
}

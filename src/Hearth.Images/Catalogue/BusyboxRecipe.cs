using System.Text;
using Hearth.Core.Errors;
using Hearth.Core.Progress;
using Hearth.Linux.Processes;

namespace Hearth.Images.Catalogue;

/// <summary><c>@busybox</c>: Debian's static busybox with a link for every applet. The same package gives the same image id.</summary>
public sealed class BusyboxRecipe : ICatalogueRecipe
{
    private const int MaximumListBytes = 1 << 20;

    private static readonly string[] s_directories = ["bin", "dev", "etc", "home", "proc", "run", "sbin", "sys", "usr", "usr/bin", "usr/sbin", "var", "var/log"];

    private static readonly (string Path, string Content)[] s_files =
    [
        ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"),
        ("etc/group", "root:x:0:\ndaemon:x:1:\ntty:x:5:\ndisk:x:6:\nusers:x:100:\nnogroup:x:65534:\n"),
        ("etc/hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"),
        ("etc/shells", "/bin/sh\n/bin/ash\n"),
        ("etc/nsswitch.conf", "hosts: files dns\n"),
    ];

    private readonly string _program;

    public BusyboxRecipe()
        : this("/bin/busybox")
    {
    }

    /// <summary>The recipe with a busybox from elsewhere.</summary>
    public BusyboxRecipe(string program) => _program = program;

    public string Name => "@busybox";

    public string Description => "Debian's static busybox and nothing else";

    public async Task<CatalogueImage> BuildAsync(string directory, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        const string Stage = "building @busybox";
        progress?.Report(new StageProgress(Stage, InBytes: false));
        if (!File.Exists(_program) || !StaticExecutable.IsStatic(_program))
        {
            throw new HearthException(
                "tool.missing",
                File.Exists(_program) ? $"'{_program}' is not static, and @busybox has no libraries for it." : $"'{_program}', from which @busybox is made, is not installed.",
                "Run 'apt-get install busybox-static'.");
        }

        byte[] list = await ToolProcess.ReadAsync(new ToolCommand(_program, ["--list-full"]), MaximumListBytes, cancellationToken);
        string[] applets = Encoding.UTF8.GetString(list).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string tar = Path.Combine(directory, "busybox.tar");
        await using (var writer = new LayerTarWriter(tar))
        {
            await WriteAsync(writer, applets, cancellationToken);
        }

        progress?.Report(new StageProgress(Stage, InBytes: false, Finished: true));
        return new CatalogueImage(tar, ["sh"], ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]);
    }

    private async Task WriteAsync(LayerTarWriter writer, string[] applets, CancellationToken cancellationToken)
    {
        foreach (string path in s_directories)
        {
            await writer.DirectoryAsync(path, 0x1ED /* 0755 */, cancellationToken);
        }

        await writer.DirectoryAsync("root", 0x1C0 /* 0700 */, cancellationToken);
        await writer.DirectoryAsync("tmp", 0x3FF /* 1777 */, cancellationToken);
        await writer.FileAsync("bin/busybox", await File.ReadAllBytesAsync(_program, cancellationToken), 0x1ED, cancellationToken);
        foreach ((string path, string content) in s_files)
        {
            await writer.FileAsync(path, Encoding.UTF8.GetBytes(content), 0x1A4 /* 0644 */, cancellationToken);
        }

        // linuxrc belongs into an initramfs. Links are absolute: what they name is the same from every directory.
        foreach (string applet in applets.Where(static applet => applet is not ("linuxrc" or "bin/busybox")).Order(StringComparer.Ordinal))
        {
            await writer.SymlinkAsync(applet, "/bin/busybox", cancellationToken);
        }
    }
}

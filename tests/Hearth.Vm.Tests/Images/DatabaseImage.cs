using System.Text.RegularExpressions;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Images;

/// <summary>
/// An image with busybox and the host's <c>sqlite3</c> with the libraries that it is linked with: a real database in a second, where
/// a distribution would take minutes to unpack.
/// </summary>
internal static partial class DatabaseImage
{
    private static readonly Lazy<Task<string>> s_reference = new(MakeAsync);

    /// <summary>The name to run it by.</summary>
    public static Task<string> ReferenceAsync() => s_reference.Value;

    private static async Task<string> MakeAsync()
    {
        TestRun.NeedProgram("sqlite3");
        TestRun.NeedProgram("skopeo");
        byte[] busybox = (await HearthCommand.RunAsync("run", "--rm", "@busybox", "cat", "/bin/busybox")).Succeeded().OutputBytes;
        string libraries = (await HearthCommand.RunProgramAsync("ldd", "/usr/bin/sqlite3")).Succeeded().Output;
        using LayerTar tar = new();
        tar.Directory("bin").Directory("lib64").Directory("lib").Directory("etc").Directory("proc").Directory("sys").Directory("dev").Directory("tmp", 0b001_111_111_111);
        tar.File("bin/busybox", busybox, 0b111_101_101).File("bin/sqlite3", await File.ReadAllBytesAsync("/usr/bin/sqlite3"), 0b111_101_101);
        foreach (string applet in (string[])["sh", "cat", "echo", "sleep", "seq", "test", "sync", "kill", "true"])
        {
            tar.Symlink($"bin/{applet}", "busybox");
        }

        tar.File("etc/passwd", "root:x:0:0::/:/bin/sh\n"u8.ToArray()).File("etc/machine-id", "00000000000000000000000000000001\n"u8.ToArray());
        foreach (string library in Library().Matches(libraries).Select(static m => m.Value))
        {
            // The loader is named by its whole path in every program; all others are looked for in /lib.
            bool loader = library.StartsWith("/lib64/", StringComparison.Ordinal);
            tar.File(loader ? library[1..] : $"lib/{Path.GetFileName(library)}", await File.ReadAllBytesAsync(library), 0b111_101_101);
        }

        using TemporaryDirectory directory = new();
        OciLayout.Write(directory["layout"], "database", """{"Cmd":["/bin/sh"],"Env":["PATH=/bin","LD_LIBRARY_PATH=/lib"]}""", tar.ToArray());
        string name = $"localhost/database/{TestRun.Current.NewName()}:1";
        string archive = directory["image.tar"];
        (await HearthCommand.RunProgramAsync("skopeo", "copy", "--quiet", $"oci:{directory["layout"]}:database", $"docker-archive:{archive}:{name}")).Succeeded();
        (await HearthCommand.RunAsync("load", "-i", archive)).Succeeded();
        return name;
    }

    [GeneratedRegex(@"/\S+\.so\S*")]
    private static partial Regex Library();
}

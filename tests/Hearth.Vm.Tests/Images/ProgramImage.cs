using System.Text;
using System.Text.RegularExpressions;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Images;

/// <summary>
/// Images with busybox and some of the host's programs with the libraries that they are linked with: made in a second, where a distribution
/// would take minutes to unpack.
/// </summary>
internal static partial class ProgramImage
{
    /// <summary>The directories of a root, a shell, and what programs are linked with; the programs are the caller's to add.</summary>
    /// <param name="users">Lines of /etc/passwd beside root's.</param>
    public static async Task AddSystemAsync(LayerTar tar, string users, params string[] programs)
    {
        byte[] busybox = (await HearthCommand.RunAsync("run", "--rm", "@busybox", "cat", "/bin/busybox")).Succeeded().OutputBytes;
        tar.Directory("bin").Directory("lib64").Directory("lib").Directory("etc").Directory("proc").Directory("sys").Directory("dev").Directory("tmp", 0b001_111_111_111);
        tar.File("bin/busybox", busybox, 0b111_101_101);
        foreach (string applet in (string[])["sh", "cat", "echo", "sleep", "seq", "test", "sync", "kill", "true", "rm"])
        {
            tar.Symlink($"bin/{applet}", "busybox");
        }

        tar.File("etc/passwd", Encoding.ASCII.GetBytes($"root:x:0:0::/:/bin/sh\n{users}"));
        tar.File("etc/machine-id", "00000000000000000000000000000001\n"u8.ToArray());
        string libraries = (await HearthCommand.RunProgramAsync("ldd", programs)).Succeeded().Output;
        foreach (string library in Library().Matches(libraries).Select(static m => m.Value).Distinct())
        {
            // The loader is named by its whole path in every program; all others are looked for in /lib.
            bool loader = library.StartsWith("/lib64/", StringComparison.Ordinal);
            tar.File(loader ? library[1..] : $"lib/{Path.GetFileName(library)}", await File.ReadAllBytesAsync(library), 0b111_101_101);
        }
    }

    /// <summary>Loads an image of one layer into the home of the test run.</summary>
    /// <param name="kind">A part of its name.</param>
    /// <param name="config">Its <c>config</c> object, as JSON.</param>
    /// <returns>The name to run it by.</returns>
    public static async Task<string> LoadAsync(string kind, string config, LayerTar tar)
    {
        TestRun.NeedProgram("skopeo");
        using TemporaryDirectory directory = new();
        OciLayout.Write(directory["layout"], "programs", config, tar.ToArray());
        string name = $"localhost/{kind}/{TestRun.Current.NewName()}:1";
        string archive = directory["image.tar"];
        (await HearthCommand.RunProgramAsync("skopeo", "copy", "--quiet", $"oci:{directory["layout"]}:programs", $"docker-archive:{archive}:{name}")).Succeeded();
        (await HearthCommand.RunAsync("load", "-i", archive)).Succeeded();
        return name;
    }

    [GeneratedRegex(@"(?<=\s)/\S+\.so\S*")]
    private static partial Regex Library();
}

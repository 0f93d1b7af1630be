using System.Diagnostics;
using Hearth.Fuse.Messages;
using Hearth.Kernel.Tests.ChildPrograms;

namespace Hearth.Kernel.Tests.Fuse;

/// <summary>What changes on the host is seen through the mount although the kernel was told to rely on it for a day; what the mount's own user does costs nothing twice.</summary>
public sealed class HostChangeTests : IDisposable
{
    /// <summary>Long for a busy machine, short beside what the kernel may keep: 60 s and more.</summary>
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(20);

    private readonly string _home = Directory.CreateTempSubdirectory("hearth-fuse-").FullName;

    public HostChangeTests()
    {
        Directory.CreateDirectory($"{Source}/d");
        File.WriteAllText($"{Source}/d/f", "old");
    }

    private string Source => Path.Combine(_home, "source");

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [SkippableTheory]
    [InlineData("content", "cat d/f", "printf new > d/f", "new")]
    [InlineData("content of the same length and time", "cat d/f", "touch -r d/f /tmp/hearth-ref.$$; printf abc > d/f; touch -r /tmp/hearth-ref.$$ d/f; rm /tmp/hearth-ref.$$", "abc")]
    [InlineData("what is appended", "cat d/f", "printf er >> d/f", "older")]
    [InlineData("a file in the place of another", "cat d/f", "printf new > d/g && mv d/g d/f", "new")]
    [InlineData("a new name", "cat d/n 2>/dev/null; ls d", "printf new > d/n", "newf n")]
    [InlineData("a name that is gone", "ls d; cat d/f 2>&1", "rm d/f", "cat: d/f: No such file or directory")]
    [InlineData("another name", "ls d; cat d/f 2>/dev/null", "mv d/f d/h", "h")]
    [InlineData("another mode", "stat -c %a d/f", "chmod 600 d/f", "600")]
    [InlineData("a directory", "ls d/sub 2>/dev/null; ls d", "mkdir d/sub && touch d/sub/x", "xf sub")]
    [InlineData("a directory that moves", "ls d e 2>/dev/null", "mv d e", "e: f")]
    [InlineData("a link that leads elsewhere", "ln -sf a l 2>/dev/null; readlink l", "ln -sfn b l", "b")]
    public void A_change_on_the_host_is_seen(string subject, string look, string change, string expected)
    {
        Skip.IfNot(HostMount.Obstacle() is null, HostMount.Obstacle());
        using HostMount mount = new(Source, Path.Combine(_home, "target"));
        string Look() => Child.Shell($"cd {mount.Target} && {look.Replace("ln -sf a l 2>/dev/null; ", "", StringComparison.Ordinal)}").Output.ReplaceLineEndings("\n");
        _ = Child.Shell($"cd {mount.Target} && {look}");
        _ = Look();

        Child.Shell($"cd {Source} && {change}").Status.ExitCode.ShouldBe(0);

        long began = Stopwatch.GetTimestamp();
        string seen;
        do
        {
            seen = Look();
        }
        while (Flat(seen) != Flat(expected) && Stopwatch.GetElapsedTime(began) < s_bound);

        Flat(seen).ShouldBe(Flat(expected), subject);
    }

    [SkippableFact]
    public void What_was_read_or_written_here_is_not_asked_for_again()
    {
        Skip.IfNot(HostMount.Obstacle() is null, HostMount.Obstacle());
        using HostMount mount = new(Source, Path.Combine(_home, "target"));
        Child.Shell($"cd {mount.Target} && seq 1000 > d/own && mv d/own d/renamed && chmod 640 d/renamed && ln d/renamed d/second && rm d/second && ls -l d").Status.ExitCode.ShouldBe(0);
        Child.Shell($"cd {mount.Target} && cat d/f d/renamed && ls -l d").Status.ExitCode.ShouldBe(0);
        long read = mount.Server.Counters.CountOf(FuseOperation.Read);
        long opened = mount.Server.Counters.CountOf(FuseOperation.Open);
        long listed = Listed(mount);

        for (int i = 0; i < 5; i++)
        {
            Child.Shell($"cd {mount.Target} && cat d/f d/renamed && ls -l d").Status.ExitCode.ShouldBe(0);
        }

        mount.Server.Counters.CountOf(FuseOperation.Read).ShouldBe(read);
        mount.Server.Counters.CountOf(FuseOperation.Open).ShouldBe(opened);
        Listed(mount).ShouldBe(listed);

        static long Listed(HostMount mount) => mount.Server.Counters.CountOf(FuseOperation.ReadDir) + mount.Server.Counters.CountOf(FuseOperation.ReadDirPlus);
    }

    private static string Flat(string text) => text.Replace("\n", " ", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
}

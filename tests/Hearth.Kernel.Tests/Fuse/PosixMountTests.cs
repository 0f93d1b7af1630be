using Hearth.Fuse.Server;
using Hearth.Posix;
using Xunit.Abstractions;

namespace Hearth.Kernel.Tests.Fuse;

/// <summary>The POSIX suite on a served tree, through this host's own /dev/fuse.</summary>
public sealed class PosixMountTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>What a file system that keeps contents in the guest cannot know.</summary>
    private static readonly Dictionary<string, string> s_known = new()
    {
        ["times/a read of what was read before moves atime"] = "what the kernel has in its cache is read without the server, which is where the time stamp is",
    };

    private readonly string _home = Directory.CreateTempSubdirectory("hearth-fuse-").FullName;

    public static TheoryData<string> Areas => [.. PosixSuite.Areas];

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [SkippableTheory]
    [MemberData(nameof(Areas))]
    public void A_share_meets_every_expectation_of(string area)
    {
        Skip.IfNot(HostMount.Obstacle() is null, HostMount.Obstacle());
        string source = Path.Combine(_home, "source");
        Directory.CreateDirectory(source);
        using HostMount mount = new(source, Path.Combine(_home, "target"));

        PosixResult result = PosixSuite.Run(area, mount.Target, new PosixOptions { Known = s_known });

        output.WriteLine($"{result.Passed} passed, {result.Failures.Count} failed, {result.Skipped.Count} skipped");
        output.WriteLine(string.Join('\n', result.Skipped));
        result.Failures.ShouldBeEmpty(string.Join('\n', result.Failures));
        result.Passed.ShouldBeGreaterThan(0);
        Directory.EnumerateFileSystemEntries(source).ShouldBeEmpty();
    }

    [SkippableFact]
    public void A_read_only_share_refuses_every_change()
    {
        Skip.IfNot(HostMount.Obstacle() is null, HostMount.Obstacle());
        string source = Path.Combine(_home, "source");
        Directory.CreateDirectory(source);
        PosixSuite.PrepareReadOnly(source);
        using HostMount mount = new(source, Path.Combine(_home, "target"), new ShareOptions(source) { ReadOnly = true });

        PosixResult result = PosixSuite.RunReadOnly(mount.Target);

        result.Failures.ShouldBeEmpty(string.Join('\n', result.Failures));
        result.Passed.ShouldBeGreaterThan(50);
    }
}

using Xunit.Abstractions;

namespace Hearth.Posix.Tests;

/// <summary>
/// The suite against file systems of the host's kernel. They are the reference: an assertion that fails here is wrong. As an ordinary user
/// the cases that act as other users are left out; the output of each test says how many, and why.
/// </summary>
[Trait("Kind", "kernel")]
public sealed class HostFileSystemTests(ITestOutputHelper output)
{
    public static TheoryData<string> Areas => [.. PosixSuite.Areas];

    [SkippableTheory]
    [MemberData(nameof(Areas))]
    public void Tmpfs_meets_every_expectation_of(string area)
    {
        Skip.IfNot(FormatOf("/dev/shm") == "tmpfs", "/dev/shm is no tmpfs here");
        Check(area, "/dev/shm");
    }

    [SkippableTheory]
    [MemberData(nameof(Areas))]
    public void The_temporary_directory_meets_every_expectation_of(string area)
    {
        // An overlay has inode numbers of two devices and hides links; xfs and btrfs have not been looked at.
        string format = FormatOf(Path.GetTempPath());
        Skip.IfNot(format is "ext4" or "tmpfs", $"the temporary directory is on {format}, which is no reference");
        Check(area, Path.GetTempPath());
    }

    /// <summary>The type of the mount with the longest path that leads to the directory, of /proc/self/mounts: device, path, type.</summary>
    private static string FormatOf(string directory) => File.ReadLines("/proc/self/mounts")
        .Select(line => line.Split(' '))
        .Where(mount => mount[1] == "/" || $"{directory.TrimEnd('/')}/".StartsWith($"{mount[1]}/", StringComparison.Ordinal))
        .MaxBy(mount => mount[1].Length)![2];

    private void Check(string area, string parent)
    {
        string directory = Path.Combine(parent, $"hearth-posix-{Guid.NewGuid():N}");
        Directory.CreateDirectory(directory);
        try
        {
            PosixResult result = PosixSuite.Run(area, directory);
            output.WriteLine($"{result.Passed} passed, {result.Failures.Count} failed, {result.Skipped.Count} skipped");
            output.WriteLine(string.Join('\n', result.Skipped));
            result.Failures.ShouldBeEmpty(string.Join('\n', result.Failures));
            (result.Passed + result.Skipped.Count).ShouldBeGreaterThan(0);
            Directory.EnumerateFileSystemEntries(directory).ShouldBeEmpty();
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}

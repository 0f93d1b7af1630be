using Hearth.Bench.Floors;
using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;
using Hearth.Linux.Files;

namespace Hearth.Bench.Sections.Snapshots;

/// <summary>What a clone takes on the disk.</summary>
internal sealed class DiskPart : ISnapshotPart
{
    private const int Clones = 5;
    private const double Bound = 1;
    private const string Source = "bench-source";
    private const string Point = "bench-point";

    public string Method => $"""
        disk: {Clones} clones of one snapshot by `hearth run -d --from`, each when it has answered: the blocks of the files in its directory that have no second name, and what the
        file system's free space has lost meanwhile (`sync` before either look)
        """;

    public Task<SectionResult> RunAsync(BenchContext context, MachineTemplate floor)
    {
        HearthBinary hearth = context.Hearth;
        Samples own = new();
        Samples lost = new();
        hearth.StartIdle(Source);
        hearth.RunChecked("snapshot", "create", Source, Point);
        for (int i = 0; i <= Clones; i++)
        {
            string name = $"bench-copy-{i}";
            long before = FreeBytes(context);
            hearth.RunChecked("run", "-d", "--from", Point, "--name", name);
            hearth.RunChecked("exec", name, "true");
            long after = FreeBytes(context);
            if (i > 0)
            {
                own.Add(OwnBytes(hearth.Find(name).Directory) / 1e6);
                lost.Add((before - after) / 1e6);
            }
        }

        context.Say($"snapshots: a clone's disk {own.Median:0.00} MB, of free space {lost.Median:0.00} MB");
        return Task.FromResult(new SectionResult(
            [
                Goal.AtMost("disk of a fresh clone, blocks of its own files", Bound, own.Median, "MB"),
                Goal.AtMost("disk of a fresh clone, by the file system's free space", Bound, lost.Median, "MB"),
            ],
            [new("a fresh clone's own files", own, "MB"), new("free space that a fresh clone took", lost, "MB")]));
    }

    private static long FreeBytes(BenchContext context)
    {
        Child.RunChecked("sync", []);
        return new DriveInfo(context.Paths.Home).TotalFreeSpace;
    }

    private static long OwnBytes(string directory)
    {
        EnumerationOptions options = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        return Directory.EnumerateFileSystemEntries(directory, "*", options)
            .Sum(static path => FileStatus.TryRead(path, follow: false, out FileStatus status) && (status.Links == 1 || status.Kind == FileKind.Directory) ? status.AllocatedBytes : 0);
    }
}

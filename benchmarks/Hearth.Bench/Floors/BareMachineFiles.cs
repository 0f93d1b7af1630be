using Hearth.Bench.Processes;

namespace Hearth.Bench.Floors;

/// <summary>The files of one bare machine, in a directory whose path is short enough for a Unix socket.</summary>
internal sealed class BareMachineFiles : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-bench-").FullName;

    /// <summary>Copies the disk, holes kept: before any clock runs.</summary>
    public BareMachineFiles(MachineTemplate template) =>
        Child.RunChecked("cp", ["--sparse=always", "--reflink=auto", template.WritableDisk, WritableDisk]);

    public string LinkSocket => Path.Combine(_directory, "link.sock");

    public string MonitorSocket => Path.Combine(_directory, "qmp.sock");

    public string Console => Path.Combine(_directory, "console.log");

    public string WritableDisk => Path.Combine(_directory, "writable.img");

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}

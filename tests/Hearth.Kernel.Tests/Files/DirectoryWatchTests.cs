using Hearth.Linux;
using Hearth.Linux.Files;

namespace Hearth.Kernel.Tests.Files;

/// <summary>inotify(7) and poll(2) together, as a doorkeeper uses them.</summary>
public sealed class DirectoryWatchTests : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("hearth-watch-").FullName;
    private readonly string _directory;

    public DirectoryWatchTests() => _directory = Directory.CreateDirectory(Path.Combine(_parent, "vm")).FullName;

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    [Fact]
    public void A_file_that_is_replaced_a_directory_that_is_renamed_and_one_that_is_removed_are_told()
    {
        using DirectoryWatch watch = DirectoryWatch.Open(_directory);

        AtomicFile.Write(Path.Combine(_directory, "state.json"), "{}"u8, durable: false);
        Told(watch);
        Directory.Move(_directory, _directory + "-away");
        Told(watch);
        Directory.Delete(_directory + "-away", recursive: true);
        Told(watch);
    }

    [Fact]
    public void What_is_written_into_a_file_is_not_told()
    {
        string log = Path.Combine(_directory, "log");
        File.WriteAllText(log, "one");
        using DirectoryWatch watch = DirectoryWatch.Open(_directory);

        File.AppendAllText(log, "more");

        IsReady(watch).ShouldBeFalse();
    }

    [Fact]
    public void Those_that_are_ready_are_named_by_their_places()
    {
        using DirectoryWatch quiet = DirectoryWatch.Open(_parent);
        using DirectoryWatch told = DirectoryWatch.Open(_directory);
        File.WriteAllText(Path.Combine(_directory, "new"), "");

        ReadySet.Wait([quiet.Descriptor, null, told.Descriptor]).ShouldBe([false, false, true]);
    }

    [Fact]
    public void There_has_to_be_a_directory()
    {
        Should.Throw<ErrnoException>(() => DirectoryWatch.Open(Path.Combine(_parent, "none")).Dispose());
        File.WriteAllText(Path.Combine(_parent, "file"), "");
        Should.Throw<ErrnoException>(() => DirectoryWatch.Open(Path.Combine(_parent, "file")).Dispose());
    }

    private static void Told(DirectoryWatch watch)
    {
        IsReady(watch).ShouldBeTrue();
        watch.Clear();
        IsReady(watch).ShouldBeFalse();
    }

    private static bool IsReady(DirectoryWatch watch) => Readiness.Wait(watch.Descriptor, null, null, wait: false).First;
}

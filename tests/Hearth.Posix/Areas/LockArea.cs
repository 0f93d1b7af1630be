using Hearth.Posix.Workers;

namespace Hearth.Posix.Areas;

/// <summary>fcntl(2) locks of processes (POSIX) and of open files (OFD), flock(2).</summary>
internal static class LockArea
{
    public static Area Area { get; } = new("locks",
    [
        new("POSIX: readers share, writers do not, by range", Conflicts),
        new("POSIX: GETLK says who holds what", Tells),
        new("POSIX: ranges split and join", SplitJoin),
        new("POSIX: a process does not hinder itself", OwnProcess),
        new("POSIX: closing any descriptor of the file lets go", ClosingLetsGo),
        new("POSIX: the end of the process lets go", EndLetsGo),
        new("POSIX: SETLKW waits until it is free", Waits),
        new("POSIX: two that wait for each other are EDEADLK", Deadlock),
        new("POSIX: the way of opening limits the type", OpenMode),
        new("POSIX: ranges to the end and before the position", Ranges),
        new("POSIX: a lock follows the file, not the name", FollowsFile),
        new("locks keep nobody from reading and writing", Advisory),
        new("OFD: two descriptors are two owners", TwoOwners),
        new("OFD: copies of a descriptor are one owner, the last close lets go", Copies),
        new("OFD: against POSIX locks of another process", AgainstPosix),
        new("OFD: SETLKW waits until it is free", OpenFileWaits),
        new("flock: shared and exclusive between descriptors and processes", Flock),
        new("flock: conversion, copies and the last close", FlockCopies),
        new("flock: waits until it is free", FlockWaits),
        new("flock: any file and any way of opening", FlockAny),
        new("flock: the end of the process lets go", FlockEnd),
    ]);

    /// <summary>Long enough for a call that does not block; when it does block, this is what a case costs.</summary>
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(40);

    private static long Set(int descriptor, short type, long start = 0, long length = 0, int command = F_SETLK)
    {
        FileLock wanted = new() { Type = type, Start = start, Length = length };
        return fcntl(descriptor, command, ref wanted);
    }

    private static FileLock Get(Scene scene, int descriptor, short type, long start = 0, long length = 0, int command = F_GETLK)
    {
        FileLock wanted = new() { Type = type, Start = start, Length = length };
        scene.Ok(fcntl(descriptor, command, ref wanted), "F_GETLK");
        return wanted;
    }

    private static (int Own, long Other, string Path) Both(Scene scene, Worker worker, string content = "0123456789")
    {
        string path = scene.File(content);
        return (scene.Open(path, O_RDWR), scene.Must(worker.Do($"open {path} {O_RDWR}"), "open by the worker"), path);
    }

    private static void Conflicts(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        (int own, long other, _) = Both(scene, worker);
        foreach (short held in new[] { F_RDLCK, F_WRLCK })
        {
            foreach (short wanted in new[] { F_RDLCK, F_WRLCK })
            {
                foreach ((long start, long length, bool overlaps) in new[] { (0L, 0L, true), (0, 10, false), (10, 10, true), (0, 11, true), (19, 1, true), (20, 5, false), (0, 9, false), (15, 1, true), (1000, 0, false), (9, 1, false), (9, 2, true) })
                {
                    scene.At($"held {held}, wanted {wanted} at {start}+{length}");
                    scene.Ok(Set(own, held, 10, 10));
                    bool free = !overlaps || (held == F_RDLCK && wanted == F_RDLCK);
                    scene.Gives(free ? 0 : EAGAIN, worker.Do($"lock {other} {F_SETLK} {wanted} {start} {length}"), "SETLK of the other");
                    scene.Ok(worker.Do($"lock {other} {F_SETLK} {F_UNLCK} 0 0"), "unlock of the other");
                    scene.Ok(Set(own, F_UNLCK));
                    scene.Ok(worker.Do($"lock {other} {F_SETLK} {wanted} {start} {length}"), "SETLK of the other when it is free");
                    scene.Ok(worker.Do($"lock {other} {F_SETLK} {F_UNLCK} 0 0"), "unlock of the other");
                }
            }
        }
    }

    private static void Tells(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        (int own, long other, _) = Both(scene, worker);
        scene.Equal(F_UNLCK, Get(scene, own, F_WRLCK).Type);
        scene.Ok(worker.Do($"lock {other} {F_SETLK} {F_WRLCK} 5 20"));
        FileLock seen = Get(scene, own, F_RDLCK);
        scene.Equal((F_WRLCK, 5L, 20L), (seen.Type, seen.Start, seen.Length));
        scene.Equal(worker.Id, seen.Owner, "l_pid");
        scene.Equal(F_UNLCK, Get(scene, own, F_WRLCK, 0, 5).Type);
        scene.Equal(F_UNLCK, Get(scene, own, F_WRLCK, 25, 0).Type);
        scene.Ok(worker.Do($"lock {other} {F_SETLK} {F_RDLCK} 0 0"));
        scene.Equal(F_UNLCK, Get(scene, own, F_RDLCK).Type, "a reader among readers");
        scene.Equal(F_RDLCK, Get(scene, own, F_WRLCK).Type);
        scene.Ok(Set(own, F_RDLCK, 100, 10));
        scene.Equal($"0 {F_RDLCK} 100 10 {getpid()}", worker.Ask($"lock {other} {F_GETLK} {F_WRLCK} 100 1"));
    }

    private static void SplitJoin(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        (int own, long other, _) = Both(scene, worker);
        scene.Ok(Set(own, F_WRLCK, 0, 100));
        scene.Ok(Set(own, F_UNLCK, 40, 20));
        foreach ((long start, bool free) in new[] { (0L, false), (39, false), (40, true), (59, true), (60, false), (99, false), (100, true) })
        {
            scene.Equal(free ? F_UNLCK : F_WRLCK, Type(worker, other, start), $"byte {start} after the middle was let go");
        }
        scene.Ok(Set(own, F_RDLCK, 20, 60));
        foreach ((long start, short type) in new[] { (19L, F_WRLCK), (20, F_RDLCK), (50, F_RDLCK), (79, F_RDLCK), (80, F_WRLCK) })
        {
            scene.Equal(type, Type(worker, other, start), $"byte {start} after the middle became a read lock");
        }
        scene.Ok(Set(own, F_WRLCK, 0, 100));
        scene.Equal($"0 {F_WRLCK} 0 100 {getpid()}", worker.Ask($"lock {other} {F_GETLK} {F_WRLCK} 50 1"), "one range again");
        scene.Ok(Set(own, F_UNLCK, 0, 0));
        scene.Equal(F_UNLCK, Type(worker, other, 0));

        static short Type(Worker worker, long other, long start) =>
            short.Parse(worker.Ask($"lock {other} {F_GETLK} {F_WRLCK} {start} 1").Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static void OwnProcess(Scene scene)
    {
        string path = scene.File("content");
        int one = scene.Open(path, O_RDWR);
        int two = scene.Open(path, O_RDWR);
        scene.Ok(Set(one, F_WRLCK));
        scene.Ok(Set(two, F_WRLCK));
        scene.Ok(Set(two, F_RDLCK, 0, 5));
        scene.Equal(F_UNLCK, Get(scene, two, F_WRLCK).Type);
    }

    private static void ClosingLetsGo(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        (int own, long other, string path) = Both(scene, worker);
        scene.Ok(Set(own, F_WRLCK));
        scene.Fails(EAGAIN, worker.Do($"lock {other} {F_SETLK} {F_WRLCK} 0 0"));
        scene.Ok(TryOpen(path, O_RDONLY), "another descriptor is opened and closed");
        scene.Ok(worker.Do($"lock {other} {F_SETLK} {F_WRLCK} 0 0"));
        scene.Fails(EAGAIN, Set(own, F_RDLCK));
        scene.Ok(worker.Do($"close {other}"));
        scene.Ok(Set(own, F_WRLCK));
    }

    private static void EndLetsGo(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        (int own, long other, _) = Both(scene, worker);
        scene.Ok(worker.Do($"lock {other} {F_SETLK} {F_WRLCK} 0 0"));
        scene.Fails(EAGAIN, Set(own, F_WRLCK));
        worker.Kill();
        scene.Ok(Set(own, F_WRLCK));
    }

    private static void Waits(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        (int own, long other, _) = Both(scene, worker);
        scene.Ok(Set(own, F_WRLCK, 0, 10));
        worker.Send($"lock {other} {F_SETLKW} {F_WRLCK} 5 10");
        scene.That(!worker.Answers(s_moment), "it waits while the lock is held");
        scene.Ok(Set(own, F_UNLCK, 0, 5));
        scene.That(!worker.Answers(s_moment), "it waits while a part is held");
        scene.Ok(Set(own, F_UNLCK, 5, 5));
        scene.Ok(worker.Await(), "SETLKW after the unlock");
        scene.Fails(EAGAIN, Set(own, F_RDLCK, 5, 1));
    }

    private static void Deadlock(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        (int own, long other, _) = Both(scene, worker);
        scene.Ok(Set(own, F_WRLCK, 0, 1));
        scene.Ok(worker.Do($"lock {other} {F_SETLK} {F_WRLCK} 1 1"));
        worker.Send($"lock {other} {F_SETLKW} {F_WRLCK} 0 1");
        scene.That(!worker.Answers(s_moment), "the first waits");
        scene.Fails(EDEADLK, Set(own, F_WRLCK, 1, 1, F_SETLKW));
        scene.Ok(Set(own, F_UNLCK));
        scene.Ok(worker.Await());
    }

    private static void OpenMode(Scene scene)
    {
        string path = scene.File("content");
        scene.Fails(EBADF, Set(scene.Open(path, O_RDONLY), F_WRLCK));
        scene.Fails(EBADF, Set(scene.Open(path, O_WRONLY), F_RDLCK));
        scene.Fails(EBADF, Set(-1, F_RDLCK));
        scene.Ok(Set(scene.Open(path, O_WRONLY), F_WRLCK));
        scene.Ok(Set(scene.Open(path, O_RDONLY), F_RDLCK));
        scene.Fails(EINVAL, Set(scene.Open(path, O_RDWR), 77));
    }

    private static void Ranges(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        (int own, long other, _) = Both(scene, worker);
        scene.Ok(Set(own, F_WRLCK, 1000, 0), "to the end of all files, from beyond the end of this one");
        scene.Fails(EAGAIN, worker.Do($"lock {other} {F_SETLK} {F_WRLCK} {long.MaxValue - 1} 1"));
        scene.Ok(worker.Do($"lock {other} {F_SETLK} {F_WRLCK} 0 1000"));
        scene.Fails(EINVAL, Set(own, F_WRLCK, -1, 1));
        scene.Ok(Set(own, F_UNLCK));
        scene.Ok(Set(own, F_WRLCK, 3000, -10), "a negative length is before the start");
        scene.Fails(EAGAIN, worker.Do($"lock {other} {F_SETLK} {F_WRLCK} 2990 1"));
        scene.Ok(worker.Do($"lock {other} {F_SETLK} {F_WRLCK} 3000 1"));
        FileLock end = new() { Type = F_WRLCK, Whence = SEEK_END, Start = 0, Length = 5 };
        scene.Ok(Set(own, F_UNLCK));
        scene.Ok(worker.Do($"lock {other} {F_SETLK} {F_UNLCK} 0 0"));
        scene.Ok(fcntl(own, F_SETLK, ref end));
        scene.Fails(EAGAIN, worker.Do($"lock {other} {F_SETLK} {F_WRLCK} 14 1"));
        scene.Ok(worker.Do($"lock {other} {F_SETLK} {F_WRLCK} 9 1"));
    }

    private static void FollowsFile(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        (int own, long other, string path) = Both(scene, worker);
        scene.Ok(Set(own, F_WRLCK));
        scene.Must(link(path, "linked"));
        scene.Must(rename(path, "moved"));
        scene.Make(FileKind.Regular, path);
        long by = scene.Must(worker.Do($"open linked {O_RDWR}"), "open by the worker");
        long fresh = scene.Must(worker.Do($"open {path} {O_RDWR}"), "open by the worker");
        scene.Fails(EAGAIN, worker.Do($"lock {by} {F_SETLK} {F_RDLCK} 0 0"));
        scene.Ok(worker.Do($"lock {fresh} {F_SETLK} {F_WRLCK} 0 0"));
        scene.Must(unlink("moved"));
        scene.Must(unlink("linked"));
        scene.Fails(EAGAIN, worker.Do($"lock {other} {F_SETLK} {F_RDLCK} 0 0"));
        scene.Ok(Set(own, F_UNLCK));
        scene.Ok(worker.Do($"lock {other} {F_SETLK} {F_RDLCK} 0 0"));
    }

    private static void Advisory(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        (int own, long other, string path) = Both(scene, worker);
        scene.Ok(Set(own, F_WRLCK));
        scene.Ok(flock(own, LOCK_EX));
        scene.Equal(3L, worker.Do($"write {other} 0 abc"));
        scene.Equal("5 abc34", worker.Ask($"read {other} 0 5"));
        scene.Ok(truncate(path, 1));
        scene.Ok(unlink(path));
    }

    private static void TwoOwners(Scene scene)
    {
        string path = scene.File("content");
        int one = scene.Open(path, O_RDWR);
        int two = scene.Open(path, O_RDWR);
        foreach (short held in new[] { F_RDLCK, F_WRLCK })
        {
            foreach (short wanted in new[] { F_RDLCK, F_WRLCK })
            {
                scene.At($"held {held}, wanted {wanted}");
                scene.Ok(Set(one, held, 0, 10, F_OFD_SETLK));
                scene.Gives(held == F_RDLCK && wanted == F_RDLCK ? 0 : EAGAIN, Set(two, wanted, 5, 10, F_OFD_SETLK));
                scene.Ok(Set(two, wanted, 10, 10, F_OFD_SETLK));
                FileLock seen = Get(scene, two, F_WRLCK, 0, 10, F_OFD_GETLK);
                scene.Equal((held, 0L, 10L, -1), (seen.Type, seen.Start, seen.Length, seen.Owner));
                scene.Ok(Set(one, F_UNLCK, 0, 0, F_OFD_SETLK));
                scene.Ok(Set(two, F_UNLCK, 0, 0, F_OFD_SETLK));
            }
        }
        scene.At("");
        scene.Ok(Set(one, F_WRLCK, 0, 0, F_OFD_SETLK));
        scene.Ok(TryOpen(path, O_RDWR), "closing another descriptor lets nothing go");
        scene.Fails(EAGAIN, Set(two, F_WRLCK, 0, 0, F_OFD_SETLK));
        scene.Close(one);
        scene.Ok(Set(two, F_WRLCK, 0, 0, F_OFD_SETLK));
        FileLock owner = new() { Type = F_WRLCK, Owner = 1 };
        scene.Fails(EINVAL, fcntl(two, F_OFD_SETLK, ref owner));
    }

    private static void Copies(Scene scene)
    {
        string path = scene.File("content");
        int one = scene.Open(path, O_RDWR);
        int copy = scene.Keep(scene.Must(dup(one)));
        int two = scene.Open(path, O_RDWR);
        scene.Ok(Set(one, F_WRLCK, 0, 0, F_OFD_SETLK));
        scene.Ok(Set(copy, F_WRLCK, 0, 0, F_OFD_SETLK));
        scene.Close(one);
        scene.Fails(EAGAIN, Set(two, F_RDLCK, 0, 0, F_OFD_SETLK));
        scene.Close(copy);
        scene.Ok(Set(two, F_RDLCK, 0, 0, F_OFD_SETLK));
    }

    private static void AgainstPosix(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        (int own, long other, _) = Both(scene, worker);
        scene.Ok(Set(own, F_WRLCK, 0, 10, F_OFD_SETLK));
        scene.Fails(EAGAIN, worker.Do($"lock {other} {F_SETLK} {F_WRLCK} 0 0"));
        scene.Equal($"0 {F_WRLCK} 0 10 -1", worker.Ask($"lock {other} {F_GETLK} {F_WRLCK} 0 0"));
        scene.Fails(EAGAIN, Set(own, F_WRLCK, 0, 10), "the own process's POSIX lock is another owner");
        scene.Ok(Set(own, F_UNLCK, 0, 0, F_OFD_SETLK));
        scene.Ok(worker.Do($"lock {other} {F_SETLK} {F_WRLCK} 0 0"));
        scene.Fails(EAGAIN, Set(own, F_RDLCK, 0, 0, F_OFD_SETLK));
    }

    private static void OpenFileWaits(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        (int own, long other, _) = Both(scene, worker);
        scene.Ok(Set(own, F_WRLCK, 0, 0, F_OFD_SETLK));
        worker.Send($"lock {other} {F_OFD_SETLKW} {F_RDLCK} 0 0");
        scene.That(!worker.Answers(s_moment), "it waits while the lock is held");
        scene.Close(own);
        scene.Ok(worker.Await(), "OFD_SETLKW after the last close");
    }

    private static void Flock(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        (int own, long other, string path) = Both(scene, worker);
        int second = scene.Open(path, O_RDWR);
        foreach (int held in new[] { LOCK_SH, LOCK_EX })
        {
            foreach (int wanted in new[] { LOCK_SH, LOCK_EX })
            {
                int expected = held == LOCK_SH && wanted == LOCK_SH ? 0 : EAGAIN;
                scene.At($"held {held}, wanted {wanted}");
                scene.Ok(flock(own, held));
                scene.Gives(expected, flock(second, wanted | LOCK_NB));
                scene.Ok(flock(second, LOCK_UN));
                scene.Gives(expected, worker.Do($"flock {other} {wanted | LOCK_NB}"));
                scene.Ok(worker.Do($"flock {other} {LOCK_UN}"));
                scene.Ok(flock(own, LOCK_UN));
                scene.Ok(worker.Do($"flock {other} {wanted | LOCK_NB}"));
                scene.Ok(worker.Do($"flock {other} {LOCK_UN}"));
            }
        }
        scene.Fails(EINVAL, flock(own, LOCK_NB));
        scene.Fails(EBADF, flock(-1, LOCK_SH));
    }

    private static void FlockCopies(Scene scene)
    {
        string path = scene.File();
        int one = scene.Open(path, O_RDWR);
        int copy = scene.Keep(scene.Must(dup(one)));
        int two = scene.Open(path, O_RDWR);
        scene.Ok(flock(one, LOCK_EX | LOCK_NB));
        scene.Ok(flock(copy, LOCK_EX | LOCK_NB));
        scene.Close(one);
        scene.Fails(EAGAIN, flock(two, LOCK_SH | LOCK_NB));
        scene.Ok(flock(copy, LOCK_SH | LOCK_NB), "conversion to shared");
        scene.Ok(flock(two, LOCK_SH | LOCK_NB));
        scene.Fails(EAGAIN, flock(copy, LOCK_EX | LOCK_NB), "conversion to exclusive beside a reader");
        scene.Ok(TryOpen(path, O_RDWR));
        scene.Close(copy);
        scene.Ok(flock(two, LOCK_EX | LOCK_NB));
    }

    private static void FlockWaits(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        (int own, long other, _) = Both(scene, worker);
        scene.Ok(flock(own, LOCK_EX));
        worker.Send($"flock {other} {LOCK_SH}");
        scene.That(!worker.Answers(s_moment), "it waits while the lock is held");
        scene.Ok(flock(own, LOCK_SH));
        scene.Ok(worker.Await(), "flock after the conversion");
    }

    private static void FlockAny(Scene scene)
    {
        string path = scene.File();
        foreach (int flags in new[] { O_RDONLY, O_WRONLY, O_RDWR })
        {
            int descriptor = scene.Open(path, flags);
            scene.Ok(flock(descriptor, LOCK_EX | LOCK_NB), $"LOCK_EX with {flags}");
            scene.Close(descriptor);
        }
        int folder = scene.Open(scene.Folder(), O_RDONLY | O_DIRECTORY);
        scene.Ok(flock(folder, LOCK_EX | LOCK_NB));
        int reader = scene.Open(path, O_RDONLY);
        scene.Ok(flock(reader, LOCK_EX | LOCK_NB));
        scene.Ok(Set(scene.Open(path, O_RDWR), F_WRLCK), "locks of flock and of fcntl do not meet");
    }

    private static void FlockEnd(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        (int own, long other, _) = Both(scene, worker);
        scene.Ok(worker.Do($"flock {other} {LOCK_EX}"));
        scene.Fails(EAGAIN, flock(own, LOCK_SH | LOCK_NB));
        worker.Kill();
        scene.Ok(flock(own, LOCK_EX | LOCK_NB));
    }
}

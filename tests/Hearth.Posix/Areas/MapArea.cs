using Hearth.Posix.Workers;

namespace Hearth.Posix.Areas;

/// <summary>mmap(2), msync(2): mappings and the calls beside them see one file.</summary>
internal static class MapArea
{
    private const int Size = 64 << 10;

    public static Area Area { get; } = new("mmap",
    [
        new("a shared mapping shows what is written, and is read what is stored", Shared),
        new("a private mapping keeps its stores to itself", Private),
        new("another process sees a store, and its write is seen", OtherProcess),
        new("two mappings of one file are one memory", TwoMappings),
        new("the rest of the last page is zero, and what is stored there is no content", Tail),
        new("a mapping outlives its descriptor, and the name", Outlives),
        new("what is stored is there after msync, fsync, close and a new open", Kept),
        new("a mapping grows into what the file becomes", Grows),
        new("pages of a hole", Holes),
        new("an offset of pages", Offsets),
        new("what cannot be mapped", Errors),
        new("a page that was cut off is SIGBUS no more after growing", CutAndGrown),
    ]);

    private static int New(Scene scene, out string path, char fill = 'a', int flags = O_RDWR)
    {
        path = scene.File(new string(fill, Size));
        return scene.Open(path, flags);
    }

    private static Mapping MapShared(Scene scene, int descriptor) => new(scene, descriptor, Size, PROT_READ | PROT_WRITE, MAP_SHARED);

    private static void Shared(Scene scene)
    {
        int descriptor = New(scene, out string path);
        using Mapping mapping = MapShared(scene, descriptor);
        byte[] one = new byte[1];
        for (int i = 0; i < Size; i += 1021)
        {
            mapping.Bytes[i] = (byte)i;
            scene.Equal(1, pread(descriptor, one, i), $"read at {i}");
            scene.Equal((byte)i, one[0], $"read of the store at {i}");
            scene.Equal(1, pwrite(descriptor, [(byte)~i], i), $"write at {i}");
            scene.Equal((byte)~i, mapping.Bytes[i], $"load of the write at {i}");
        }
        scene.Ok(mapping.Sync());
        scene.Equal((byte)255, (byte)scene.Content(path)[0]);
    }

    private static void OtherProcess(Scene scene)
    {
        using Worker worker = Worker.Start(scene);
        int descriptor = New(scene, out string path);
        long other = scene.Must(worker.Do($"open {path} {O_RDWR}"), "open by the worker");
        using Mapping mapping = MapShared(scene, descriptor);
        for (int i = 0; i < Size; i += 9973)
        {
            "mine"u8.CopyTo(mapping.Bytes[i..]);
            scene.Equal("4 mine", worker.Ask($"read {other} {i} 4"), $"the other's read of a store at {i}");
            scene.Equal(4L, worker.Do($"write {other} {i} hers"));
            scene.That(mapping.Bytes.Slice(i, 4).SequenceEqual("hers"u8), $"the load of the other's write at {i}");
        }
    }

    private static void Private(Scene scene)
    {
        int descriptor = New(scene, out string path, flags: O_RDONLY);
        using Mapping mapping = new(scene, descriptor, Size, PROT_READ | PROT_WRITE, MAP_PRIVATE);
        for (int i = 0; i < Size; i += 4096)
        {
            mapping.Bytes[i] = (byte)'p';
        }
        scene.That(scene.Content(path).All(one => one == 'a'), "the file does not have the stores");
        int writer = scene.Open(path, O_WRONLY);
        scene.Equal(1, pwrite(writer, "w"u8, 0));
        scene.Equal((byte)'p', mapping.Bytes[0], "a page that was stored to is the mapping's own");
    }

    private static void TwoMappings(Scene scene)
    {
        int descriptor = New(scene, out string path);
        using Mapping one = MapShared(scene, descriptor);
        using Mapping two = MapShared(scene, scene.Open(path, O_RDWR));
        using Mapping reader = new(scene, scene.Open(path, O_RDONLY), Size, PROT_READ, MAP_PRIVATE);
        for (int i = 0; i < Size; i += 999)
        {
            one.Bytes[i] = (byte)(i >> 3);
            scene.Equal((byte)(i >> 3), two.Bytes[i], $"the other mapping at {i}");
            scene.Equal((byte)(i >> 3), reader.Bytes[i], $"a private mapping without stores at {i}");
        }
    }

    private static void Tail(Scene scene)
    {
        string path = scene.File("0123456789");
        int descriptor = scene.Open(path, O_RDWR);
        using (Mapping mapping = new(scene, descriptor, 4096, PROT_READ | PROT_WRITE, MAP_SHARED))
        {
            scene.That(mapping.Bytes[10..].IndexOfAnyExcept((byte)0) < 0, "zeros after the end");
            mapping.Bytes[9] = (byte)'x';
            mapping.Bytes[10] = (byte)'y';
            scene.Ok(mapping.Sync());
        }
        // What a longer file shows of it is left open: tmpfs keeps it in its page.
        scene.Equal("012345678x", scene.Content(path));
        scene.Ok(fsync(descriptor));
        scene.Equal(10, scene.Status(path).Size);
    }

    private static void Outlives(Scene scene)
    {
        int descriptor = New(scene, out string path);
        using Mapping mapping = MapShared(scene, descriptor);
        scene.Close(descriptor);
        mapping.Bytes[5] = (byte)'b';
        scene.Equal('b', scene.Content(path)[5]);
        scene.Must(rename(path, "moved"));
        mapping.Bytes[6] = (byte)'c';
        scene.Equal('c', scene.Content("moved")[6]);
        scene.Must(unlink("moved"));
        mapping.Bytes[7] = (byte)'d';
        scene.Ok(mapping.Sync());
        scene.Equal("bcd", System.Text.Encoding.Latin1.GetString(mapping.Bytes[5..8]));
    }

    private static void Kept(Scene scene)
    {
        foreach (string how in new[] { "msync", "fsync", "munmap" })
        {
            int descriptor = New(scene, out string path);
            scene.At(how);
            using (Mapping mapping = MapShared(scene, descriptor))
            {
                mapping.Bytes.Fill((byte)'k');
                scene.Ok(how == "msync" ? mapping.Sync() : how == "fsync" ? fsync(descriptor) : 0, "sync");
            }
            scene.Close(descriptor);
            scene.That(scene.Content(path).All(one => one == 'k'), "content after a new open");
        }
    }

    private static void Grows(Scene scene)
    {
        string path = scene.File("x");
        int descriptor = scene.Open(path, O_RDWR);
        using Mapping mapping = MapShared(scene, descriptor);
        for (int size = 4096; size <= Size; size += 4096)
        {
            scene.Ok(ftruncate(descriptor, size));
            scene.Equal((byte)0, mapping.Bytes[size - 1], $"the new end at {size}");
            mapping.Bytes[size - 1] = 1;
        }
        string content = scene.Content(path);
        scene.Equal(Size / 4096, content.Count(one => one == (char)1));
    }

    private static void Holes(Scene scene)
    {
        string path = scene.File();
        int descriptor = scene.Open(path, O_RDWR);
        scene.Must(ftruncate(descriptor, Size));
        using Mapping mapping = MapShared(scene, descriptor);
        scene.That(mapping.Bytes.IndexOfAnyExcept((byte)0) < 0, "a hole is zeros");
        mapping.Bytes[Size / 2] = 9;
        scene.Ok(mapping.Sync());
        scene.Equal(9, scene.Content(path)[Size / 2]);
        scene.Equal(1, scene.Content(path).Count(one => one != 0));
        if (fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, Size) == 0)
        {
            scene.That(mapping.Bytes.IndexOfAnyExcept((byte)0) < 0, "a hole punched below a mapping is zeros");
        }
    }

    private static void Offsets(Scene scene)
    {
        int descriptor = New(scene, out string path);
        scene.Equal(3, pwrite(descriptor, "new"u8, 8192));
        using Mapping mapping = new(scene, descriptor, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, offset: 8192);
        scene.That(mapping.Bytes[..4].SequenceEqual("newa"u8), "the third page");
        mapping.Bytes[3] = (byte)'!';
        scene.Equal("new!", scene.Content(path).Substring(8192, 4));
    }

    private static void Errors(Scene scene)
    {
        string path = scene.File("content");
        int reader = scene.Open(path, O_RDONLY);
        int writer = scene.Open(path, O_WRONLY);
        scene.Fails(EACCES, mmap(reader, 4096, PROT_READ | PROT_WRITE, MAP_SHARED));
        scene.Fails(EACCES, mmap(writer, 4096, PROT_READ, MAP_SHARED));
        scene.Fails(EACCES, mmap(writer, 4096, PROT_READ, MAP_PRIVATE));
        scene.Fails(EINVAL, mmap(reader, 4096, PROT_READ, MAP_SHARED, offset: 100));
        scene.Fails(EINVAL, mmap(reader, 0, PROT_READ, MAP_SHARED));
        scene.Fails(EBADF, mmap(-1, 4096, PROT_READ, MAP_SHARED));
        scene.Fails(ENODEV, mmap(scene.Open(scene.Folder(), O_RDONLY), 4096, PROT_READ, MAP_SHARED));
        scene.Fails(ENODEV, mmap(scene.Open(scene.Make(FileKind.Fifo), O_RDWR | O_NONBLOCK), 4096, PROT_READ, MAP_SHARED));
    }

    private static void CutAndGrown(Scene scene)
    {
        int descriptor = New(scene, out string path);
        using Mapping mapping = MapShared(scene, descriptor);
        scene.Equal((byte)'a', mapping.Bytes[Size - 1]);
        scene.Ok(ftruncate(descriptor, 4096));
        scene.Ok(ftruncate(descriptor, Size));
        scene.That(mapping.Bytes[4096..].IndexOfAnyExcept((byte)0) < 0, "what was cut off is zeros");
        mapping.Bytes[Size - 1] = (byte)'z';
        scene.Equal('z', scene.Content(path)[^1]);
        scene.Equal('a', scene.Content(path)[4095]);
    }
}

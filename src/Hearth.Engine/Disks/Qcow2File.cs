using System.Buffers.Binary;
using Hearth.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Engine.Disks;

/// <summary>
/// An empty qcow2 image (QEMU's docs/interop/qcow2.txt, version 3). It names no backing file: the layer below is given to QEMU
/// by hand, as a descriptor. Written here because qemu-img takes 20 ms to start.
/// </summary>
internal static class Qcow2File
{
    private const int ClusterBits = 16;
    private const int ClusterBytes = 1 << ClusterBits;
    private const int RefcountOrder = 4; // 16 bits a cluster
    private const int HeaderBytes = 104;

    /// <summary>One L2 table has 8192 entries of 64 KiB.</summary>
    private const long BytesPerL1Entry = (long)ClusterBytes * (ClusterBytes / 8);

    /// <summary>
    /// Whether an image that a stranger made is one that QEMU may open: of that size, with all of its data in it. QEMU follows
    /// the names of backing and data files in a header, to any file that it may open.
    /// </summary>
    /// <exception cref="HearthException"><c>snapshot.corrupt</c>.</exception>
    public static void RequirePlain(string path, long bytes)
    {
        const ulong Dirty = 1; // The only incompatible feature that stays within the file; QEMU repairs it.
        byte[] header = new byte[HeaderBytes];
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        bool plain = RandomAccess.Read(file, header, 0) == HeaderBytes
            && header.AsSpan(0, 4).SequenceEqual((ReadOnlySpan<byte>)[(byte)'Q', (byte)'F', (byte)'I', 0xfb])
            && BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4)) == 3
            && BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(16)) == 0 // no name of a backing file
            && BinaryPrimitives.ReadInt64BigEndian(header.AsSpan(24)) == bytes
            && BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(32)) == 0 // not encrypted
            && BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(60)) == 0 // no snapshots of its own
            && (BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(72)) & ~Dirty) == 0;
        if (!plain)
        {
            throw new HearthException("snapshot.corrupt", $"{Path.GetFileName(path)} is not a disk layer that Hearth makes.", "Do not use what comes from there; export the snapshot again where it was made.");
        }
    }

    /// <summary>Header, refcount table, refcount block and L1 table, a cluster or more each; everything else is a hole.</summary>
    public static void CreateEmpty(string path, long bytes)
    {
        long entries = (bytes + BytesPerL1Entry - 1) / BytesPerL1Entry;
        int tableClusters = (int)(((entries * 8) + ClusterBytes - 1) / ClusterBytes);
        int clusters = 3 + tableClusters;
        Span<byte> header = stackalloc byte[HeaderBytes];
        header.Clear();
        "QFI"u8.CopyTo(header);
        header[3] = 0xfb;
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], 3); // version
        BinaryPrimitives.WriteUInt32BigEndian(header[20..], ClusterBits);
        BinaryPrimitives.WriteInt64BigEndian(header[24..], bytes);
        BinaryPrimitives.WriteUInt32BigEndian(header[36..], (uint)entries);
        BinaryPrimitives.WriteInt64BigEndian(header[40..], 3L * ClusterBytes); // L1 table
        BinaryPrimitives.WriteInt64BigEndian(header[48..], 1L * ClusterBytes); // refcount table
        BinaryPrimitives.WriteUInt32BigEndian(header[56..], 1); // its clusters
        BinaryPrimitives.WriteUInt32BigEndian(header[96..], RefcountOrder);
        BinaryPrimitives.WriteUInt32BigEndian(header[100..], HeaderBytes);

        Span<byte> block = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(block, 2L * ClusterBytes);
        byte[] counts = new byte[clusters * 2];
        for (int i = 0; i < clusters; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(counts.AsSpan(i * 2), 1);
        }

        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using FileStream file = new(path, options);
        file.SetLength((long)clusters * ClusterBytes);
        RandomAccess.Write(file.SafeFileHandle, header, 0);
        RandomAccess.Write(file.SafeFileHandle, block, 1L * ClusterBytes);
        RandomAccess.Write(file.SafeFileHandle, counts, 2L * ClusterBytes);
    }
}

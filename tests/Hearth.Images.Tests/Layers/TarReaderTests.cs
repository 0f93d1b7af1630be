using System.Text;
using Hearth.Core.Errors;
using Hearth.Images.Layers;

namespace Hearth.Images.Tests.Layers;

public sealed class TarReaderTests
{
    [Fact]
    public void Every_kind_of_entry_is_read_with_its_metadata()
    {
        byte[] bytes = TarBytes.Of(tar => tar
            .Directory("d/", mode: 0x3ff, owner: 7)
            .File("d/f", "hello", mode: 0x9ed)
            .SymbolicLink("s", "../elsewhere")
            .HardLink("h", "d/f")
            .Entry('3', "c", [], change: block => { TarBytes.Put(block, 329, 8, "0000001"); TarBytes.Put(block, 337, 8, "0000003"); })
            .Entry('6', "p", []));

        List<(TarEntry Entry, string Content)> read = Archive.Read(bytes);

        read.Select(item => item.Entry.Kind).ShouldBe([
            TarEntryKind.Directory, TarEntryKind.File, TarEntryKind.SymbolicLink, TarEntryKind.HardLink, TarEntryKind.CharacterDevice, TarEntryKind.Fifo]);
        read[0].Entry.ShouldSatisfyAllConditions(entry => entry.Mode.ShouldBe(0x3ff), entry => entry.UserId.ShouldBe(7u));
        read[1].Content.ShouldBe("hello");
        read[1].Entry.ShouldSatisfyAllConditions(entry => entry.Mode.ShouldBe(0x9ed), entry => entry.ModifiedSeconds.ShouldBe(1234567890));
        read[2].Entry.LinkName.ShouldBe("../elsewhere");
        (read[4].Entry.DeviceMajor, read[4].Entry.DeviceMinor).ShouldBe((1u, 3u));
    }

    [Fact]
    public void Long_names_of_GNU_PAX_and_ustar_are_joined_to_their_entries()
    {
        string name = new string('n', 150) + "/" + new string('m', 150);
        byte[] bytes = TarBytes.Of(tar => tar
            .Entry('L', "././@LongLink", Encoding.Latin1.GetBytes(name + "\0"))
            .Entry('K', "././@LongLink", Encoding.Latin1.GetBytes("target" + name + "\0"))
            .SymbolicLink("short", "short")
            .Pax(("path", "pax/" + name), ("linkpath", "to/" + name))
            .SymbolicLink("short", "short")
            .Entry('0', "leaf", [], change: block => TarBytes.Put(block, 345, 155, "in/prefix"))
            .File("plain", string.Empty));

        List<TarEntry> read = [.. Archive.Read(bytes).Select(item => item.Entry)];

        read[0].Name.ShouldBe(name);
        read[0].LinkName.ShouldBe("target" + name);
        read[1].Name.ShouldBe("pax/" + name);
        read[1].LinkName.ShouldBe("to/" + name);
        read[2].Name.ShouldBe("in/prefix/leaf");
        read[3].Name.ShouldBe("plain");
    }

    [Fact]
    public void Pax_records_give_binary_attributes_large_owners_and_times_before_1970()
    {
        string capability = "\u0001\0\0\u0002\0\u0004\0\0\n=\0\0\u00ff\0\0\0\0\0\0\0";
        byte[] bytes = TarBytes.Of(tar => tar
            .Entry('g', "global", TarBytes.PaxBody(("uid", "4000000"), ("SCHILY.xattr.user.all", "everywhere")))
            .Pax(("SCHILY.xattr.security.capability", capability), ("mtime", "-1.5"), ("gid", "100000"))
            .File("f", "x")
            .File("g", "y"));

        List<TarEntry> read = [.. Archive.Read(bytes).Select(item => item.Entry)];

        (read[0].UserId, read[0].GroupId, read[0].ModifiedSeconds).ShouldBe((4000000u, 100000u, -2L));
        Encoding.Latin1.GetString(read[0].Attributes.Single(attribute => attribute.Key == "security.capability").Value).ShouldBe(capability);
        read[1].Attributes.Select(attribute => attribute.Key).ShouldBe(["user.all"]);
        (read[1].UserId, read[1].GroupId).ShouldBe((4000000u, 0u));
    }

    [Fact]
    public void Sparse_files_of_all_four_formats_end_right()
    {
        // Ten bytes: two of data at 2, one at 8, a hole at the end.
        byte[] front = new byte[512 + 3];
        Encoding.Latin1.GetBytes("3\n2\n2\n8\n1\n10\n0\n").CopyTo(front, 0);
        "abc"u8.CopyTo(front.AsSpan(512));
        byte[] bytes = TarBytes.Of(tar => tar
            .Entry('S', "old", "abc"u8.ToArray(), change: block =>
            {
                TarBytes.Put(block, 386, 96, string.Concat(new long[] { 2, 2, 8, 1, 10, 0 }.Select(number => TarBytes.Octal(number, 11) + "\0")));
                TarBytes.Put(block, 483, 12, TarBytes.Octal(10, 11));
                block.AsSpan(257, 8).Clear();
                TarBytes.Put(block, 257, 8, "ustar  ");
            })
            .Pax(
                ("GNU.sparse.size", "10"), ("GNU.sparse.numblocks", "2"), ("GNU.sparse.offset", "2"), ("GNU.sparse.numbytes", "2"),
                ("GNU.sparse.offset", "8"), ("GNU.sparse.numbytes", "1"))
            .File("v00", "abc")
            .Pax(("GNU.sparse.size", "10"), ("GNU.sparse.name", "v01"), ("GNU.sparse.map", "2,2,8,1"))
            .File("GNUSparseFile.0/v01", "abc")
            .Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "v10"), ("GNU.sparse.realsize", "10"))
            .Entry('0', "GNUSparseFile.0/v10", front)
            .File("after", "next"));

        List<(TarEntry Entry, string Content)> read = Archive.Read(bytes);

        read.Select(item => item.Entry.Name).ShouldBe(["old", "v00", "v01", "v10", "after"]);
        foreach ((TarEntry entry, string content) in read.Take(4))
        {
            content.ShouldBe("\0\0ab\0\0\0\0c\0", entry.Name);
        }

        read[4].Content.ShouldBe("next");
    }

    [Fact]
    public void What_the_writer_writes_the_reader_reads_back()
    {
        var entry = new TarEntry(new string('x', 200) + "/\u00e4\u0001", TarEntryKind.File)
        {
            Mode = 0xfff,
            UserId = 3_000_000,
            GroupId = 1,
            ModifiedSeconds = 4_000_000_000,
            Attributes = [new("user.binary", [0, 10, 61, 255])],
        };
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        writer.WriteHeader(entry.Name, entry);
        writer.WriteHeader("link", new TarEntry("link", TarEntryKind.HardLink) { LinkName = entry.Name });
        writer.Finish();

        List<(TarEntry Entry, string Content)> read = Archive.Read(stream.ToArray());

        read[0].Entry.Attributes.Single().Value.ShouldBe([0, 10, 61, 255]);
        (read[0].Entry with { Attributes = entry.Attributes }).ShouldBe(entry);
        read[1].Entry.LinkName.ShouldBe(entry.Name);
    }

    [Fact]
    public void The_header_of_a_file_is_written_as_these_bytes()
    {
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        writer.WriteHeader("etc/hosts", new TarEntry("etc/hosts", TarEntryKind.File) { Mode = 0x1a4, UserId = 1, GroupId = 2, ModifiedSeconds = 3, Size = 0 });
        writer.Finish();

        byte[] written = stream.ToArray();

        written.Length.ShouldBe(512 + 1024);
        Encoding.Latin1.GetString(written, 0, 265).TrimEnd('\0').Replace("\0", ".", StringComparison.Ordinal).ShouldBe(
            "etc/hosts" + new string('.', 91) + "0000644.0000001.0000002.00000000000.00000000003.007577. 0" + new string('.', 100) + "ustar.00");
    }

    public static TheoryData<string, byte[]> Refused => new()
    {
        { "Layer 0123456789ab: a header has a wrong checksum.", Damaged() },
        { "Layer 0123456789ab, entry 'f': the archive ends in the middle.", TarBytes.Of(tar => tar.File("f", new string('x', 600)))[..1100] },
        { "Layer 0123456789ab: the archive ends in the middle.", TarBytes.Of(tar => tar.File("f", "x"))[..100] },
        { "Layer 0123456789ab: the archive ends in the middle.", TarBytes.WithoutEnd(tar => tar.Pax(("path", "x"))) },
        { "Layer 0123456789ab: data follows the end of the archive.", TarBytes.Of(tar => tar.Raw(new byte[1024]).File("f", "x")) },
        { "Layer 0123456789ab: a PAX header is malformed.", TarBytes.Of(tar => tar.Entry('x', "pax", "99 path=x\n"u8.ToArray()).File("f", "x")) },
        { "Layer 0123456789ab, entry 'f': it has a negative size.", TarBytes.Of(tar => tar.Entry('0', "f", [], size: new string('\u00ff', 12))) },
        { "Layer 0123456789ab, entry 'f': its size is not a number.", TarBytes.Of(tar => tar.Entry('0', "f", [], size: "12x")) },
        { "Layer 0123456789ab, entry 'f': entries of type 77 are not known.", TarBytes.Of(tar => tar.Entry('M', "f", [])) },
        { "Layer 0123456789ab, entry 's': it links to nothing.", TarBytes.Of(tar => tar.SymbolicLink("s", string.Empty)) },
        {
            "Layer 0123456789ab, entry 'f': its map of a sparse file is malformed.",
            TarBytes.Of(tar => tar.Pax(("GNU.sparse.size", "10"), ("GNU.sparse.map", "8,3")).File("f", "abc"))
        },
        {
            "Layer 0123456789ab: an extension header of 8589934591 bytes is longer than 1048576.",
            TarBytes.Of(tar => tar.Entry('L', "long", [], size: "77777777777"))
        },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_malformed_archive_is_refused_with_the_layer_named(string message, byte[] bytes)
    {
        HearthException error = Should.Throw<HearthException>(() => Archive.Read(bytes));

        error.Message.ShouldBe(message);
        error.Code.ShouldBe("layer.invalid");
    }

    private static byte[] Damaged()
    {
        byte[] bytes = TarBytes.Of(tar => tar.File("f", "x"));
        bytes[1] ^= 1;
        return bytes;
    }
}

using System.Text;
using Hearth.Core.Errors;
using Hearth.Images.Layers;
using Hearth.Images.Tests.Layers;

namespace Hearth.Images.Tests.RootFs;

public sealed class LayerFlattenerTests
{
    private static readonly byte[] s_base = TarBytes.Of(tar => tar
        .Directory("etc/").File("etc/hosts", "lower").File("etc/passwd", "root")
        .Directory("opt/").Directory("opt/old/").File("opt/old/file", "old").SymbolicLink("bin", "usr/bin"));

    [Fact]
    public void A_file_of_an_upper_layer_replaces_one_below_and_directories_merge()
    {
        byte[] upper = TarBytes.Of(tar => tar.Directory("etc/", mode: 0x1c0).File("etc/hosts", "upper"));

        SortedDictionary<string, string> tree = FlatTree.Of(s_base, upper);

        tree["etc"].ShouldBe("dir 700");
        tree["etc/hosts"].ShouldBe("file 644 upper");
        tree["etc/passwd"].ShouldBe("file 644 root");
    }

    [Fact]
    public void A_whiteout_removes_a_file_or_a_whole_directory_of_lower_layers()
    {
        SortedDictionary<string, string> tree = FlatTree.Of(s_base, TarBytes.Of(tar => tar.File("etc/.wh.passwd", "").File(".wh.opt", "")));

        tree.Keys.ShouldBe(["bin", "etc", "etc/hosts"]);
    }

    [Fact]
    public void A_whiteout_does_not_touch_its_own_layer_in_either_order()
    {
        SortedDictionary<string, string> tree = FlatTree.Of(
            s_base, TarBytes.Of(tar => tar.File("etc/hosts", "new").File("etc/.wh.hosts", "").File("opt/.wh.old", "").Directory("opt/old/").File("opt/old/new", "n")));

        tree["etc/hosts"].ShouldBe("file 644 new");
        tree.ShouldContainKey("opt/old/new");
        tree.ShouldNotContainKey("opt/old/file");
    }

    [Fact]
    public void An_opaque_directory_hides_what_lower_layers_hold_in_it_and_not_its_own()
    {
        SortedDictionary<string, string> tree = FlatTree.Of(
            s_base, TarBytes.Of(tar => tar.Directory("etc/").File("etc/mine", "m").File("etc/.wh..wh..opq", "").File("etc/late", "l")));

        tree.Keys.ShouldBe(["bin", "etc", "etc/late", "etc/mine", "opt", "opt/old", "opt/old/file"]);
    }

    [Fact]
    public void A_directory_over_a_symbolic_link_takes_its_place_and_is_not_written_through_it()
    {
        SortedDictionary<string, string> tree = FlatTree.Of(s_base, TarBytes.Of(tar => tar.File("bin/tool", "t")));

        tree["bin"].ShouldBe("dir 755");
        tree["bin/tool"].ShouldBe("file 644 t");
        tree.ShouldNotContainKey("usr/bin/tool");
    }

    [Fact]
    public void A_directory_over_a_file_over_a_directory_does_not_bring_the_lowest_back()
    {
        SortedDictionary<string, string> tree = FlatTree.Of(
            s_base, TarBytes.Of(tar => tar.File("etc", "a file now")), TarBytes.Of(tar => tar.Directory("etc/").File("etc/new", "n")));

        tree.Keys.Where(key => key.StartsWith("etc", StringComparison.Ordinal)).ShouldBe(["etc", "etc/new"]);
    }

    [Fact]
    public void A_hard_link_outlives_a_target_that_upper_layers_replace_or_remove()
    {
        byte[] lower = TarBytes.Of(tar => tar
            .File("a", "first").HardLink("b", "a").HardLink("c", "b").File("gone", "second").HardLink("kept", "gone").SymbolicLink("s", "x").HardLink("t", "s"));
        byte[] upper = TarBytes.Of(tar => tar.File("a", "replaced").File(".wh.gone", "").File(".wh.s", ""));

        SortedDictionary<string, string> tree = FlatTree.Of(lower, upper);

        tree.ShouldBe(new SortedDictionary<string, string>
        {
            ["a"] = "file 644 replaced",
            ["b"] = "file 644 first",
            ["c"] = "file 644 first",
            ["kept"] = "file 644 second",
            ["t"] = "link x",
        });
    }

    [Fact]
    public void Names_of_one_file_stay_links_of_each_other()
    {
        byte[] flat = FlatTree.Flatten(
            new LayerLimits(), TarBytes.Of(tar => tar.File("a", "first").HardLink("b", "a").HardLink("c", "a")), TarBytes.Of(tar => tar.File(".wh.a", "")));

        Archive.Read(flat).Select(item => (item.Entry.Name, item.Entry.Kind, item.Entry.LinkName)).ShouldBe(
            [("b", TarEntryKind.File, ""), ("c", TarEntryKind.HardLink, "b")]);
    }

    [Fact]
    public void A_hard_link_reaches_a_file_of_a_lower_layer_seen_or_replaced()
    {
        byte[] upper = TarBytes.Of(tar => tar.HardLink("visible", "etc/passwd").HardLink("hidden", "etc/hosts").HardLink("again", "hidden"));
        byte[] top = TarBytes.Of(tar => tar.File("etc/hosts", "top"));

        SortedDictionary<string, string> tree = FlatTree.Of(s_base, upper, top);

        tree["visible"].ShouldBe("file 644 root");
        tree["hidden"].ShouldBe("file 644 lower");
        tree["again"].ShouldBe("file 644 lower");
        tree["etc/hosts"].ShouldBe("file 644 top");
    }

    [Fact]
    public void A_hard_link_to_what_a_layer_between_removed_is_refused()
    {
        HearthException error = Should.Throw<HearthException>(() => FlatTree.Of(
            s_base, TarBytes.Of(tar => tar.File(".wh.etc", "")), TarBytes.Of(tar => tar.HardLink("link", "etc/hosts"))));

        error.Message.ShouldBe("Layer 000000000000, entry 'link': it is a hard link to 'etc/hosts', which does not exist.");
    }

    [Fact]
    public void Attributes_setuid_and_holes_are_kept_and_overlay_marks_are_dropped()
    {
        byte[] layer = TarBytes.Of(tar => tar
            .Pax(("SCHILY.xattr.security.capability", "\u0001\0"), ("SCHILY.xattr.trusted.overlay.redirect", "/x"), ("SCHILY.xattr.system.posix_acl_access", "z"))
            .File("tool", "x", mode: 0x9ed)
            .Pax(("GNU.sparse.size", "1000"), ("GNU.sparse.map", "999,1"))
            .File("sparse", "e"));

        List<(TarEntry Entry, string Content)> read = Archive.Read(FlatTree.Flatten(new LayerLimits(), layer));

        read[0].Entry.Mode.ShouldBe(0x9ed);
        read[0].Entry.Attributes.Select(attribute => attribute.Key).ShouldBe(["security.capability"]);
        read[1].Content.ShouldBe(new string('\0', 999) + "e");
    }

    [Fact]
    public void Absolute_names_are_below_the_root_and_repeated_directories_are_one()
    {
        SortedDictionary<string, string> tree = FlatTree.Of(
            TarBytes.Of(tar => tar.Directory("./", mode: 0x1c0).Directory("/etc").Directory("./etc/").File("//etc/./x", "x")));

        tree.ShouldBe(new SortedDictionary<string, string> { ["."] = "dir 700", ["etc"] = "dir 755", ["etc/x"] = "file 644 x" });
    }

    public static TheoryData<string, byte[]> Hostile => new()
    {
        { "entry '../x': it leads out of the root.", TarBytes.Of(tar => tar.File("../x", "")) },
        { "entry 'a/../../x': it leads out of the root.", TarBytes.Of(tar => tar.File("a/../../x", "")) },
        { "entry '../../etc/shadow': it leads out of the root.", TarBytes.Of(tar => tar.Pax(("path", "l"), ("linkpath", "../../etc/shadow")).HardLink("l", "x")) },
        { "entry '.wh...': it is a whiteout of nothing.", TarBytes.Of(tar => tar.File(".wh...", "")) },
        { "entry '.wh.x/y': it is a whiteout of nothing.", TarBytes.Of(tar => tar.File(".wh.x/y", "")) },
        { "entry 'f': the layer holds this name twice.", TarBytes.Of(tar => tar.File("f", "1").File("f", "2")) },
        { "entry './f': the layer holds this name twice.", TarBytes.Of(tar => tar.SymbolicLink("f", "1").File("./f", "2")) },
        { "entry 'd/': the layer holds this name twice.", TarBytes.Of(tar => tar.Directory("d/").Directory("d/", mode: 0x1c0)) },
        { "entry 'd': the layer holds this name twice.", TarBytes.Of(tar => tar.File("d/x", "").File("d", "")) },
        { "entry 'l/x': its parent is not a directory in the same layer.", TarBytes.Of(tar => tar.SymbolicLink("l", "/etc").File("l/x", "")) },
        { "entry 'l': it is a hard link to 'l', which does not exist.", TarBytes.Of(tar => tar.HardLink("l", "l")) },
        { "entry 'l': it is a hard link to 'nothing', which does not exist.", TarBytes.Of(tar => tar.HardLink("l", "nothing")) },
        { "entry '/': the root must be a directory.", TarBytes.Of(tar => tar.SymbolicLink("/", "x")) },
        { $"entry '{new string('n', 200)}…': a part of its name is longer than 255 bytes.", TarBytes.Of(tar => tar.Pax(("path", new string('n', 256))).File("f", "")) },
        {
            $"entry '{string.Concat(Enumerable.Repeat("abcd/", 40))}…': its name is longer than 4096 bytes.",
            TarBytes.Of(tar => tar.Pax(("path", string.Concat(Enumerable.Repeat("abcd/", 1000)))).File("f", ""))
        },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void A_hostile_entry_is_refused_with_layer_and_path_named(string end, byte[] layer)
    {
        HearthException error = Should.Throw<HearthException>(() => FlatTree.Of(layer));

        error.Code.ShouldBe("layer.invalid");
        error.Message.ShouldBe($"Layer 000000000000, {end}");
    }

    [Fact]
    public void A_sparse_file_of_a_petabyte_is_refused_before_it_is_written()
    {
        byte[] layer = TarBytes.Of(tar => tar.Pax(("GNU.sparse.size", "1125899906842624"), ("GNU.sparse.map", "0,1")).File("bomb", "x"));

        Should.Throw<HearthException>(() => FlatTree.Of(layer)).Message.ShouldContain("entry 'bomb': the image's files are larger than 68719476736 bytes");
    }

    [Fact]
    public void A_layer_that_unpacks_beyond_the_limit_is_refused()
    {
        byte[] layer = Compression.Gzip(TarBytes.Of(tar => tar.File("zeros", new string('\0', 3_000_000)).File(".wh.x", new string('\0', 3_000_000))));

        Should.Throw<HearthException>(() => FlatTree.Flatten(new LayerLimits(UnpackedBytes: 4_000_000), layer))
            .Message.ShouldBe("Layer 000000000000: it unpacks to more than 4000000 bytes.");
    }

    [Fact]
    public void An_image_of_too_many_entries_is_refused() =>
        Should.Throw<HearthException>(() => FlatTree.Flatten(new LayerLimits(Entries: 3), s_base)).Message.ShouldContain("the image has more than 3 entries");

    [Fact]
    public void A_gzip_layer_is_read_and_one_cut_short_or_damaged_is_refused()
    {
        byte[] whole = Compression.Gzip(TarBytes.Of(tar => tar.File("f", Encoding.Latin1.GetString(Compression.Noise(300_000)))));
        byte[] damaged = [.. whole];
        damaged[^5] ^= 0x40;

        FlatTree.Of(whole).Keys.ShouldBe(["f"]);
        Should.Throw<HearthException>(() => FlatTree.Of(whole[..^2000])).Code.ShouldBe("layer.invalid");
        Should.Throw<HearthException>(() => FlatTree.Of(damaged)).Code.ShouldBe("layer.invalid");
    }
}

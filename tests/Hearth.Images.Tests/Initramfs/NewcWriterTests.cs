using System.Text;
using Hearth.Images.Initramfs;

namespace Hearth.Images.Tests.Initramfs;

public sealed class NewcWriterTests
{
    [Fact]
    public void A_file_is_a_header_a_padded_name_and_padded_bytes()
    {
        byte[] archive = Write(static writer => writer.AddFile("ab", "hello"u8, 0x1ED));

        Encoding.ASCII.GetString(archive, 0, 124).ShouldBe(
            "070701" + "00000001" + "000081ED" + "00000000" + "00000000" + "00000001" + "00000000" + "00000005"
            + "00000000" + "00000000" + "00000000" + "00000000" + "00000003" + "00000000"
            + "ab\0\0\0\0" + "hello\0\0\0");
    }

    [Fact]
    public void A_device_carries_its_numbers_and_a_link_its_target()
    {
        string archive = Encoding.ASCII.GetString(Write(static writer =>
        {
            writer.AddCharacterDevice("null", 0x1B6, 1, 3);
            writer.AddSymbolicLink("sh", "busybox");
        }));

        archive.ShouldStartWith(
            "070701" + "00000001" + "000021B6" + "00000000" + "00000000" + "00000001" + "00000000" + "00000000"
            + "00000000" + "00000000" + "00000001" + "00000003" + "00000005" + "00000000" + "null\0");
        archive.ShouldContain("0000A1FF");
        archive.ShouldContain("sh\0\0\0\0busybox");
    }

    [Fact]
    public void The_archive_ends_with_its_trailer_and_fills_whole_blocks()
    {
        byte[] archive = Write(static writer => writer.AddDirectory("dev"));

        archive.Length.ShouldBe(512);
        Encoding.ASCII.GetString(archive).TrimEnd('\0').ShouldEndWith("TRAILER!!!");
    }

    [Theory]
    [InlineData("")]
    [InlineData("/init")]
    public void A_path_that_is_not_relative_is_refused(string path) =>
        Should.Throw<ArgumentException>(() => Write(writer => writer.AddDirectory(path)));

    [Fact]
    public void Contents_are_written_in_one_order_with_the_directories_above()
    {
        byte[] one = Write(["b/c/file", "a"]);
        byte[] other = Write(["a", "b/c/file"]);

        one.ShouldBe(other);
        string text = Encoding.ASCII.GetString(one);
        int[] places = [.. ((string[])["a\0", "b\0", "b/c\0", "b/c/file\0", "dev\0", "dev/console\0"]).Select(name => text.IndexOf(name, StringComparison.Ordinal))];
        places.ShouldAllBe(static place => place > 0);
        places.ShouldBeInOrder();
    }

    private static byte[] Write(Action<NewcWriter> add)
    {
        using var output = new MemoryStream();
        var writer = new NewcWriter(output);
        add(writer);
        writer.Finish();
        return output.ToArray();
    }

    private static byte[] Write(string[] files)
    {
        using var output = new MemoryStream();
        var contents = new InitramfsContents();
        foreach (string file in files)
        {
            contents.AddFile(file, new byte[] { 1 }, executable: false);
        }

        contents.WriteTo(output);
        return output.ToArray();
    }
}

using Hearth.Cli.ImageCommands;
using Hearth.Cli.Output;
using Hearth.Cli.Tests.Listing;
using Hearth.Core.Specs;
using Hearth.Images.Store;

namespace Hearth.Cli.Tests.ImageCommands;

public sealed class ImageListTests
{
    private static readonly ImageRecord[] s_images =
    [
        Make('a', 60, "alpine:3.20", "reg.io:5000/base:1"),
        Make('b', 120),
        Make('c', 600, "@busybox"),
    ];

    [Fact]
    public void The_table_has_a_line_for_each_name() => Print(null, []).ShouldBe("""
        REPOSITORY         TAG       IMAGE ID       CREATED             SIZE
        alpine             3.20      aaaaaaaaaaaa   About an hour ago   4.26MB
        reg.io:5000/base   1         aaaaaaaaaaaa   About an hour ago   4.26MB
        <none>             <none>    bbbbbbbbbbbb   2 hours ago         4.26MB
        @busybox           latest    cccccccccccc   10 hours ago        4.26MB

        """);

    [Theory]
    [InlineData("dangling=true", "<none>")]
    [InlineData("dangling=false", "alpine reg.io:5000/base @busybox")]
    [InlineData("reference=alp*", "alpine")]
    [InlineData("reference=alpine:3.*", "alpine")]
    [InlineData("reference=*/base", "reg.io:5000/base")]
    [InlineData("label=kind=test", "alpine reg.io:5000/base <none> @busybox")]
    [InlineData("before=a", "<none> @busybox")]
    [InlineData("since=c", "alpine reg.io:5000/base <none>")]
    public void Filters_choose_images(string filter, string expected) =>
        string.Join(' ', Print("{{.Repository}}", [filter]).Split('\n', StringSplitOptions.RemoveEmptyEntries)).ShouldBe(expected);

    private static string Print(string? format, string[] filters)
    {
        ImageFilter fits = new(filters, null, static name => s_images.Single(image => image.Id[7] == name[0]));
        StringWriter writer = new() { NewLine = "\n" };
        new ListingWriter(ImageRows.Columns(digests: false), format)
            .Write(writer, s_images.Select(fits.Select).OfType<ImageRecord>().SelectMany(static image => ImageRows.Of(image, Vms.Now, false)));
        return writer.ToString();
    }

    private static ImageRecord Make(char digit, int minutesOld, params string[] names) => new()
    {
        Id = "sha256:" + new string(digit, 64),
        RepoTags = names,
        Config = new OciImageConfig { Created = Vms.Now.AddMinutes(-minutesOld), Labels = new Dictionary<string, string> { ["kind"] = "test" } },
        RootPath = "/root.squashfs",
        RootFileSystem = "squashfs",
        SizeBytes = 4_260_000,
        ManifestDigest = "sha256:" + new string('f', 64),
    };
}

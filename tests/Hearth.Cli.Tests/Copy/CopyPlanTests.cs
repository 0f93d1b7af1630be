using Hearth.Cli.Copy;
using Hearth.Core.Errors;

namespace Hearth.Cli.Tests.Copy;

public sealed class CopyPlanTests
{
    [Theory]
    [InlineData("web:/etc/x", "web", "/etc/x")]
    [InlineData("web:", "web", "/")]
    [InlineData("web:a:b", "web", "a:b")]
    [InlineData("/a:b", null, "/a:b")]
    [InlineData("./a:b", null, "./a:b")]
    [InlineData("file", null, "file")]
    [InlineData("-", null, "-")]
    public void A_side_is_a_VM_or_the_host(string text, string? vm, string path) => CopyPath.Parse(text).ShouldBe(new CopyPath(vm, path));

    [Theory]
    [InlineData("/a/b", "/a/b", false)]
    [InlineData("/a/b/", "/a/b", false)]
    [InlineData("/a/b/.", "/a/b", true)]
    [InlineData("/a/b/./", "/a/b", false)]
    [InlineData(".", ".", true)]
    [InlineData("/.", "/", true)]
    [InlineData("/", "/", false)]
    public void Endings_only_say_what_a_path_is(string path, string bare, bool contents)
    {
        var parsed = new CopyPath("vm", path);
        parsed.Bare.ShouldBe(bare);
        parsed.ContentsOnly.ShouldBe(contents);
    }

    // Source kind, destination path, what is there (none, noparent, file, dir), expected "directory|name".
    [Theory]
    [InlineData("file", "/d/new", "none", "/d|new")]
    [InlineData("file", "/d/old", "file", "/d|old")]
    [InlineData("file", "/d", "dir", "/d|src")]
    [InlineData("file", "/d/", "dir", "/d|src")]
    [InlineData("dir", "/d/new", "none", "/d|new")]
    [InlineData("dir", "/d/new/", "none", "/d|new")]
    [InlineData("dir", "/d", "dir", "/d|src")]
    [InlineData("contents", "/d", "dir", "/d|")]
    [InlineData("contents", "/d/new", "none", "/d|new")]
    [InlineData("file", "new", "none", ".|new")]
    public void A_copy_goes_where_Docker_puts_it(string kind, string path, string there, string expected)
    {
        CopyPlan plan = Decide(kind, path, there);
        $"{plan.Directory}|{plan.Name}".ShouldBe(expected);
    }

    [Theory]
    [InlineData("file", "/d/new/", "none", "The directory /d/new/ does not exist.")]
    [InlineData("file", "/no/new", "noparent", "The directory of /no/new does not exist.")]
    [InlineData("dir", "/d/file", "file", "/d/file is not a directory.")]
    [InlineData("file", "/d/file/", "file", "/d/file/ is not a directory.")]
    public void What_Docker_refuses_is_refused(string kind, string path, string there, string message) =>
        Should.Throw<HearthException>(() => Decide(kind, path, there)).Message.ShouldBe(message);

    private static CopyPlan Decide(string kind, string path, string there) => CopyPlan.Decide(
        new CopySource("src", kind != "file", kind == "contents"),
        new CopyTarget(new CopyPath(null, path), there is "file" or "dir", there == "dir", there != "noparent"));
}

using Hearth.Core.Errors;
using Hearth.Images.References;

namespace Hearth.Images.Tests.References;

public sealed class ImagePlatformTests
{
    [Fact]
    public void The_platform_of_this_machine_is_accepted_with_and_without_the_system() =>
        ImagePlatform.Parse(ImagePlatform.Host.Architecture).ShouldBe(ImagePlatform.Parse($"linux/{ImagePlatform.Host.Architecture}"));

    [Theory]
    [InlineData("linux/s390x")]
    [InlineData("windows/amd64")]
    public void A_platform_that_this_cpu_does_not_run_is_refused(string text)
    {
        HearthException error = Should.Throw<HearthException>(() => ImagePlatform.Parse(text));

        error.Code.ShouldBe("image.platform");
        error.Message.ShouldBe($"Images for {text} do not run on this machine: its CPU is {ImagePlatform.Host.Architecture}, and guests run Linux.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("linux/")]
    [InlineData("a/b/c/d")]
    [InlineData("lin ux/amd64")]
    public void What_is_not_a_platform_is_refused(string text) =>
        Should.Throw<HearthException>(() => ImagePlatform.Parse(text)).Message.ShouldBe($"'{text}' is not a platform.");

    [Fact]
    public void Variants_matter_only_when_both_sides_have_one()
    {
        var asked = new ImagePlatform("linux", "arm64", "v8");

        asked.Accepts(new ImagePlatform("linux", "arm64", null)).ShouldBeTrue();
        asked.Accepts(new ImagePlatform("linux", "arm64", "v9")).ShouldBeFalse();
    }
}

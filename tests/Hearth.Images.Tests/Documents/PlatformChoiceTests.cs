using Hearth.Core.Errors;
using Hearth.Images.Documents;
using Hearth.Images.References;

namespace Hearth.Images.Tests.Documents;

public sealed class PlatformChoiceTests
{
    private static readonly ImagePlatform s_amd64 = new("linux", "amd64", null);

    [Fact]
    public void The_image_for_the_platform_is_chosen()
    {
        Descriptor[] entries = [Entry('a', new("linux", "arm64", "v8")), Entry('b', s_amd64)];

        PlatformChoice.Pick(entries, s_amd64, "x").Hex.ShouldBe(new string('b', 64));
    }

    [Fact]
    public void An_exact_variant_goes_before_the_first_that_is_accepted()
    {
        Descriptor[] entries = [Entry('a', new("linux", "arm", "v6")), Entry('b', new("linux", "arm", "v7"))];

        PlatformChoice.Pick(entries, new("linux", "arm", "v7"), "x").Hex.ShouldBe(new string('b', 64));
        PlatformChoice.Pick(entries, new("linux", "arm", null), "x").Hex.ShouldBe(new string('a', 64));
    }

    [Fact]
    public void Attestations_are_no_images()
    {
        Descriptor[] entries = [Entry('a', new("unknown", "unknown", null)), Entry('b', null)];

        PlatformChoice.Pick(entries, s_amd64, "x").Hex.ShouldBe(new string('b', 64));
    }

    [Fact]
    public void A_missing_platform_is_an_error_that_lists_what_there_is()
    {
        Descriptor[] entries = [Entry('a', new("linux", "arm64", "v8")), Entry('b', new("linux", "s390x", null))];

        HearthException error = Should.Throw<HearthException>(() => PlatformChoice.Pick(entries, s_amd64, "x"));

        error.Message.ShouldBe("Image 'x' does not exist for linux/amd64.");
        error.Hint.ShouldBe("It exists for linux/arm64/v8, linux/s390x.");
    }

    private static Descriptor Entry(char digit, ImagePlatform? platform) =>
        new(ImageManifest.MediaType, "sha256:" + new string(digit, 64), 1, platform, new Dictionary<string, string>());
}

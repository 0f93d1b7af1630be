using Hearth.Core.Errors;
using Hearth.Images.Catalogue;

namespace Hearth.Images.Tests.Catalogue;

public sealed class BusyboxRecipeTests
{
    [Fact]
    public async Task A_missing_busybox_names_its_package()
    {
        var recipe = new BusyboxRecipe("/nowhere/busybox");

        HearthException error = await Should.ThrowAsync<HearthException>(() => recipe.BuildAsync("/nowhere", null, CancellationToken.None));

        error.Code.ShouldBe("tool.missing");
        error.Message.ShouldBe("'/nowhere/busybox', from which @busybox is made, is not installed.");
        error.Hint.ShouldBe("Run 'apt-get install busybox-static'.");
    }

    [SkippableFact]
    public async Task A_busybox_with_a_loader_is_refused()
    {
        Skip.IfNot(File.Exists("/bin/ls"), "there is no /bin/ls to stand for a program with a loader");
        var recipe = new BusyboxRecipe("/bin/ls");

        (await Should.ThrowAsync<HearthException>(() => recipe.BuildAsync("/nowhere", null, CancellationToken.None))).Message
            .ShouldBe("'/bin/ls' is not static, and @busybox has no libraries for it.");
    }

    [Fact]
    public void An_unknown_recipe_names_those_there_are() =>
        Should.Throw<HearthException>(() => ImageCatalogue.Default.Require("@no")).Hint.ShouldBe("It has @busybox, @debian.");
}

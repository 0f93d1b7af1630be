using Hearth.Core.Errors;

namespace Hearth.Images.Catalogue;

/// <summary>The images that Hearth makes itself, addressed <c>@name</c>.</summary>
public sealed class ImageCatalogue(IReadOnlyList<ICatalogueRecipe> recipes)
{
    /// <summary>Everything there is in this version.</summary>
    public static ImageCatalogue Default { get; } = new([new BusyboxRecipe(), new DebianRecipe()]);

    public IReadOnlyList<ICatalogueRecipe> Recipes { get; } = recipes;

    /// <exception cref="HearthException"><c>image.not-found</c>: the catalogue has no such image.</exception>
    public ICatalogueRecipe Require(string name) =>
        Recipes.FirstOrDefault(recipe => recipe.Name == name) ?? throw new HearthException(
            "image.not-found",
            $"The catalogue has no image '{name}'.",
            $"It has {string.Join(", ", Recipes.Select(static recipe => recipe.Name))}.");
}

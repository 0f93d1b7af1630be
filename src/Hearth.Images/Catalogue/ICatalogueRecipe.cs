using Hearth.Core.Errors;
using Hearth.Core.Progress;

namespace Hearth.Images.Catalogue;

/// <summary>How one image of the catalogue is made from this machine's packages.</summary>
public interface ICatalogueRecipe
{
    /// <summary><c>@busybox</c>.</summary>
    string Name { get; }

    /// <summary>What it is, on one line.</summary>
    string Description { get; }

    /// <summary>Writes the root file system as a tar archive in <paramref name="directory"/>, which is the recipe's alone.</summary>
    /// <exception cref="HearthException"><c>tool.missing</c>: naming the packages to install; <c>catalogue.failed</c>.</exception>
    Task<CatalogueImage> BuildAsync(string directory, IProgress<StageProgress>? progress, CancellationToken cancellationToken);
}

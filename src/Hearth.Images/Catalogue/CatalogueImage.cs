namespace Hearth.Images.Catalogue;

/// <summary>What a recipe made.</summary>
/// <param name="LayerTar">The root file system as a plain tar archive.</param>
/// <param name="Command">The default command.</param>
/// <param name="Environment">Variables, <c>NAME=value</c>.</param>
public sealed record CatalogueImage(string LayerTar, IReadOnlyList<string> Command, IReadOnlyList<string> Environment);

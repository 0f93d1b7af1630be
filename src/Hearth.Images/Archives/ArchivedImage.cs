using Hearth.Images.References;

namespace Hearth.Images.Archives;

/// <summary>One image of an archive that was opened for loading.</summary>
/// <param name="Source">Where the transport finds it.</param>
/// <param name="Names">Names it brings; may be empty.</param>
internal sealed record ArchivedImage(ImageReference Source, IReadOnlyList<ImageReference> Names);

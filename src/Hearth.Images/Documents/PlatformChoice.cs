using Hearth.Core.Errors;
using Hearth.Images.References;

namespace Hearth.Images.Documents;

/// <summary>Chooses from an index the image that is for a platform.</summary>
internal static class PlatformChoice
{
    /// <summary>The entry that is for the platform: the same variant if there is one, otherwise the first that is accepted.</summary>
    /// <exception cref="HearthException"><c>image.platform</c>: none is; the message lists what there is.</exception>
    public static Descriptor Pick(IReadOnlyList<Descriptor> entries, ImagePlatform wanted, string image)
    {
        Descriptor[] images = [.. entries.Where(static entry => !entry.IsAttestation)];
        Descriptor? exact = Array.Find(images, entry => entry.Platform == wanted);
        Descriptor? accepted = exact ?? Array.Find(images, entry => entry.Platform is { } platform && wanted.Accepts(platform));
        if (accepted is null && images is [{ Platform: null } only])
        {
            return only;
        }

        return accepted ?? throw new HearthException(
            "image.platform",
            $"Image '{image}' does not exist for {wanted}.",
            $"It exists for {string.Join(", ", images.Select(static entry => entry.Platform?.ToString() ?? "an unnamed platform").Distinct().Take(20))}.");
    }
}

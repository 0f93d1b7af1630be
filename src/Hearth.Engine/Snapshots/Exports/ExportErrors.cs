using Hearth.Core.Errors;

namespace Hearth.Engine.Snapshots.Exports;

/// <summary>What can be wrong with an export.</summary>
/// <param name="subject">The export, as a person names it: <c>the export 'web.hearth'</c>.</param>
internal sealed class ExportErrors(string subject)
{
    private string Sentence => char.ToUpperInvariant(subject[0]) + subject[1..];

    public HearthException Unknown() => new(
        "export.unknown", $"{Sentence} cannot be imported: it is not what 'hearth snapshot export' writes.", "An archive of images is for 'hearth load'.");

    public HearthException Damaged(string why, Exception? inner = null) => new(
        "export.damaged", $"{Sentence} cannot be imported: {why}.", "Copy it again from where it was made, or export the snapshot again.", inner: inner);

    public HearthException Newer(int version) => new(
        "export.newer", $"{Sentence} has format {version}; this hearth knows up to {ExportManifest.CurrentVersion}.", "Use the newer hearth that made it.");

    public HearthException Incompatible(string why) => new(
        "snapshot.incompatible", $"{Sentence} cannot be imported: {why}.", "Memory and devices go on only on the same QEMU and a CPU of the same class; a snapshot made with --disk-only boots anywhere.");

    public HearthException NeedsImage(FrozenManifest snapshot) => new(
        "export.needs-image",
        $"{Sentence} was made with --no-image, and image {snapshot.Image} ({snapshot.ImageId[..19]}) is not here.",
        $"'hearth pull {snapshot.Image}' where that gets the same image, or export again without --no-image.");

    public HearthException NeedsKernel(ExportKernel kernel) => new(
        "export.needs-kernel",
        $"{Sentence} was made with --no-image, and kernel {kernel.Name} ({kernel.Digest[..12]}, {kernel.Release}) is not here.",
        $"'hearth kernel pull {kernel.Name}' where that gets the same release, or export again without --no-image.");

    public HearthException OtherImage(FrozenManifest snapshot) => new(
        "export.image-differs",
        $"{Sentence} cannot be imported: the block image of {snapshot.Image} ({snapshot.ImageId[..19]}) here has other bytes than the one that its guest runs from.",
        $"It was built by other tools. 'hearth rmi {snapshot.ImageId[7..19]}' removes it; an export without --no-image then brings its own.");
}

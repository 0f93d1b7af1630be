using System.Text.Json.Serialization;

namespace Hearth.Images.Store;

/// <summary><c>images/&lt;hex&gt;/image.json</c>: what is known of a built image beside its manifest and configuration.</summary>
/// <remarks>It is written last, before the directory is renamed into place.</remarks>
internal sealed record ImageMetadata
{
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>File name of the block image in the same directory.</summary>
    public string RootFile { get; init; } = "";

    public string FileSystem { get; init; } = "";

    /// <summary>Size of the block image in bytes; a file of another size is damaged.</summary>
    public long RootBytes { get; init; }

    /// <summary>The block image came with a snapshot and was not built from layers here; left out when it was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Imported { get; init; }
}

using Hearth.Core.Specs;

namespace Hearth.Images.Store;

/// <summary>An image that is complete on this machine: ready to start a VM from.</summary>
public sealed record ImageRecord
{
    /// <summary><c>sha256:…</c> of the configuration as its builder wrote it: the id Docker shows.</summary>
    public required string Id { get; init; }

    /// <summary>Names with tags in familiar form (<c>alpine:3.20</c>, <c>@busybox</c>), sorted; empty for a dangling image.</summary>
    public IReadOnlyList<string> RepoTags { get; init; } = [];

    /// <summary>Names with the digest their registry has for them (<c>alpine@sha256:…</c>), sorted.</summary>
    public IReadOnlyList<string> RepoDigests { get; init; } = [];

    public required OciImageConfig Config { get; init; }

    /// <summary>The read-only block image of the root file system.</summary>
    public required string RootPath { get; init; }

    /// <summary>The kernel's name of the file system in <see cref="RootPath"/>: <c>erofs</c>.</summary>
    public required string RootFileSystem { get; init; }

    /// <summary>The files' content as the block image holds it, in bytes.</summary>
    public required long SizeBytes { get; init; }

    public DateTimeOffset? Created => Config.Created;

    public string Architecture => Config.Architecture;

    /// <summary><c>arm</c> and <c>arm64</c> have variants (<c>v7</c>); empty elsewhere.</summary>
    public string Variant { get; init; } = "";

    /// <summary>Digests of the layers as stored, lowest first.</summary>
    public IReadOnlyList<string> Layers { get; init; } = [];

    /// <summary>Digests of the uncompressed layers, lowest first.</summary>
    public IReadOnlyList<string> DiffIds { get; init; } = [];

    /// <summary>Digest of the manifest under which the image is stored here.</summary>
    public required string ManifestDigest { get; init; }

    /// <summary>It came with a snapshot: nobody has seen that its block image is what its layers make.</summary>
    public bool Imported { get; init; }
}

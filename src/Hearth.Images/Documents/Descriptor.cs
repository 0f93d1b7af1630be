using Hearth.Images.References;

namespace Hearth.Images.Documents;

/// <summary>A pointer to a blob (OCI image specification, descriptor.md). Its size is in bytes, as claimed; its platform, in an index, is what the image runs on.</summary>
internal sealed record Descriptor(
    string MediaType, string Digest, long Size, ImagePlatform? Platform, IReadOnlyDictionary<string, string> Annotations)
{
    public const string RefName = "org.opencontainers.image.ref.name";
    public const string ContainerdName = "io.containerd.image.name";

    /// <summary>The digest's hexadecimal digits: the blob's file name.</summary>
    public string Hex => Digest["sha256:".Length..];

    /// <summary>Build attestations sit in indexes beside images, for a platform called "unknown".</summary>
    public bool IsAttestation => Platform is { Os: "unknown" } || Annotations.ContainsKey("vnd.docker.reference.type");
}

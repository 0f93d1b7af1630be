namespace Hearth.Images.Layers;

/// <summary>One layer blob on disk: a tar archive, plain or compressed by gzip or zstd.</summary>
/// <param name="Digest">The blob's digest (<c>sha256:…</c>), named in errors.</param>
/// <param name="Path">Where the blob lies.</param>
/// <param name="MediaType">As the manifest says; a hint only, because docker-archive layers carry none: the bytes decide.</param>
public sealed record LayerSource(string Digest, string Path, string MediaType)
{
    /// <summary>The digest as people see it: the first twelve hexadecimal digits.</summary>
    public string ShortDigest
    {
        get
        {
            string hexadecimal = Digest[(Digest.IndexOf(':', StringComparison.Ordinal) + 1)..];
            return hexadecimal.Length > 12 ? hexadecimal[..12] : hexadecimal;
        }
    }
}

using Hearth.Core.Errors;

namespace Hearth.Images.References;

/// <summary>
/// An image as a person names it. Registry names follow Docker's rules (<c>distribution/reference</c>): a first component with a dot,
/// a colon or an upper-case letter, or <c>localhost</c>, is a registry; otherwise it is docker.io, with <c>library/</c> before a single component;
/// no tag and no digest means <c>latest</c>.
/// </summary>
/// <param name="Transport">Where the image is.</param>
/// <param name="Name">Registry and catalogue: the full name without tag and digest (<c>docker.io/library/alpine</c>, <c>@busybox</c>); otherwise what follows the prefix.</param>
/// <param name="Tag">The tag; null beside a digest without one, and for transports without tags.</param>
/// <param name="Digest"><c>sha256:…</c>, or null.</param>
public sealed partial record ImageReference(ImageTransport Transport, string Name, string? Tag, string? Digest)
{
    public const string DefaultRegistry = "docker.io";
    public const string DefaultTag = "latest";

    private const string OfficialNamespace = "library/";

    private static readonly (string Prefix, ImageTransport Transport)[] s_transports =
    [
        ("docker://", ImageTransport.Registry),
        ("oci:", ImageTransport.OciLayout),
        ("oci-archive:", ImageTransport.OciArchive),
        ("docker-archive:", ImageTransport.DockerArchive),
        ("containers-storage:", ImageTransport.ContainersStorage),
        ("docker-daemon:", ImageTransport.DockerDaemon),
        ("dir:", ImageTransport.Directory),
    ];

    /// <summary>The registry's host and port; empty for other transports.</summary>
    public string Registry => Transport == ImageTransport.Registry ? Name[..Name.IndexOf('/', StringComparison.Ordinal)] : "";

    /// <summary>Name and tag, or name and digest where there is one: the key under which the store keeps the image. Null for transports whose images have no name of their own.</summary>
    public string? StoredName => Transport switch
    {
        ImageTransport.Registry => Digest is null ? $"{Name}:{Tag}" : $"{Name}@{Digest}",
        ImageTransport.Catalogue => Name,
        _ => null,
    };

    /// <summary>The reference in full, unambiguous: what <see cref="Parse"/> reads back as the same reference.</summary>
    public string Canonical => Transport switch
    {
        ImageTransport.Registry => Name + (Tag is null ? "" : ":" + Tag) + (Digest is null ? "" : "@" + Digest),
        ImageTransport.Catalogue => Name,
        _ => s_transports.First(entry => entry.Transport == Transport).Prefix + Name,
    };

    /// <summary>As people write it: without <c>docker.io/</c> and <c>library/</c>.</summary>
    public string Familiar => Transport == ImageTransport.Registry ? FamiliarName(Canonical) : Canonical;

    /// <summary>The reference for skopeo, by digest where one is given (skopeo refuses a tag beside it).</summary>
    public string ForSkopeo => Transport == ImageTransport.Registry
        ? "docker://" + Name + (Digest is null ? ":" + Tag : "@" + Digest)
        : Canonical;

    public override string ToString() => Familiar;

    /// <summary>The same image at a fixed digest.</summary>
    public ImageReference AtDigest(string digest) => this with { Digest = digest };

    /// <exception cref="HearthException"><c>image.reference</c>: not a reference; the message says which part and why.</exception>
    public static ImageReference Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length == 0 || text.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            throw Invalid(text, text.Length == 0 ? "it is empty" : "it contains a space or a control character");
        }

        if (text[0] == '@')
        {
            return ParseCatalogue(text);
        }

        foreach ((string prefix, ImageTransport transport) in s_transports)
        {
            if (text.StartsWith(prefix, StringComparison.Ordinal) && !IsRegistryWithPort(text, prefix))
            {
                string rest = text[prefix.Length..];
                return transport switch
                {
                    ImageTransport.Registry => ParseRegistry(rest, text),
                    _ when rest.Length == 0 => throw Invalid(text, $"nothing follows '{prefix}'"),
                    _ => new ImageReference(transport, rest, null, null),
                };
            }
        }

        return ParseRegistry(text, text);
    }

    /// <summary><c>docker.io/library/alpine:3</c> as <c>alpine:3</c>; anything else unchanged.</summary>
    public static string FamiliarName(string name)
    {
        string shorter = name.StartsWith(DefaultRegistry + "/", StringComparison.Ordinal) ? name[(DefaultRegistry.Length + 1)..] : name;
        string shortest = shorter.StartsWith(OfficialNamespace, StringComparison.Ordinal) ? shorter[OfficialNamespace.Length..] : shorter;
        // library/a/b is a name of its own, and a/b another one.
        return shorter.Length == name.Length ? name : shortest.Contains('/', StringComparison.Ordinal) ? shorter : shortest;
    }

    /// <summary><c>dir:5000/x</c> is a registry host called "dir"; a path after a prefix that starts with digits and a slash must be written <c>./5000/x</c>.</summary>
    private static bool IsRegistryWithPort(string text, string prefix)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > prefix.Length && text.AsSpan(prefix.Length, slash - prefix.Length).IndexOfAnyExceptInRange('0', '9') < 0;
    }

    private static ImageReference ParseCatalogue(string text)
    {
        string name = text[1..];
        bool valid = name.Length is > 0 and <= 64 && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.');
        return valid
            ? new ImageReference(ImageTransport.Catalogue, text, null, null)
            : throw Invalid(text, "a catalogue name is '@' and then letters a-z, digits, '-' and '.'");
    }

    private static HearthException Invalid(string text, string reason) => new(
        "image.reference",
        $"'{(text.Length <= 200 ? text : text[..200] + "…")}' is not an image reference: {reason}.",
        "Write it as [registry[:port]/]name[:tag][@sha256:digest], as @name from the catalogue, or with a transport such as oci-archive:PATH.");
}

using System.Buffers;

namespace Hearth.Images.References;

public sealed partial record ImageReference
{
    private const int MaximumNameLength = 255;
    private const int MaximumTagLength = 128;
    private const int DigestHexLength = 64;

    private static readonly SearchValues<char> s_lowerHex = SearchValues.Create("0123456789abcdef");

    private static ImageReference ParseRegistry(string reference, string text)
    {
        string rest = reference;
        string? digest = null;
        int at = rest.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
        {
            digest = rest[(at + 1)..];
            rest = rest[..at];
            if (!IsDigest(digest))
            {
                throw Invalid(text, $"'{digest}' is not a digest (sha256: and 64 lower-case hexadecimal digits)");
            }
        }

        string? tag = null;
        int colon = rest.LastIndexOf(':');
        if (colon > rest.LastIndexOf('/'))
        {
            tag = rest[(colon + 1)..];
            rest = rest[..colon];
            if (!IsTag(tag))
            {
                throw Invalid(text, $"'{tag}' is not a tag (1 to 128 letters, digits, '_', '.' and '-', not first '.' or '-')");
            }
        }

        return new ImageReference(ImageTransport.Registry, FullName(rest, text), tag ?? (digest is null ? DefaultTag : null), digest);
    }

    /// <summary>Whether the text is <c>sha256:</c> and 64 lower-case hexadecimal digits.</summary>
    public static bool IsDigest(string text) =>
        text.StartsWith("sha256:", StringComparison.Ordinal)
        && text.Length == "sha256:".Length + DigestHexLength
        && text.AsSpan("sha256:".Length).IndexOfAnyExcept(s_lowerHex) < 0;

    private static bool IsTag(string tag) =>
        tag.Length is > 0 and <= MaximumTagLength
        && tag[0] is not ('.' or '-')
        && tag.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private static string FullName(string name, string text)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        string first = slash < 0 ? "" : name[..slash];
        bool hasRegistry = first == "localhost" || first.AsSpan().IndexOfAny('.', ':') >= 0 || first.Any(char.IsAsciiLetterUpper);
        string registry = hasRegistry ? first : DefaultRegistry;
        string path = hasRegistry ? name[(slash + 1)..] : name;
        if (registry is "index.docker.io")
        {
            registry = DefaultRegistry;
        }

        if (!IsRegistry(registry))
        {
            throw Invalid(text, $"'{registry}' is not a registry's host name and port");
        }

        string[] components = path.Split('/');
        if (Array.Find(components, static component => !IsComponent(component)) is { } bad)
        {
            throw Invalid(text, bad.Length == 0
                ? "a part of its name is empty"
                : bad.Any(char.IsAsciiLetterUpper)
                    ? $"'{bad}' has upper-case letters, and names are lower case"
                    : $"'{bad}' is not a name (a-z and 0-9, with single '.', one or two '_' or any '-' between)");
        }

        if (registry == DefaultRegistry && components.Length == 1)
        {
            path = OfficialNamespace + path;
        }

        string full = $"{registry}/{path}";
        return full.Length <= MaximumNameLength ? full : throw Invalid(text, $"its name is longer than {MaximumNameLength} characters");
    }

    /// <summary>A host name, an IPv4 address or an IPv6 address in brackets, with an optional port.</summary>
    private static bool IsRegistry(string registry)
    {
        string host = registry;
        int colon = registry.LastIndexOf(':');
        if (colon > registry.LastIndexOf(']'))
        {
            host = registry[..colon];
            if (!ushort.TryParse(registry.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out ushort port) || port == 0)
            {
                return false;
            }
        }

        if (host is ['[', .. var address, ']'])
        {
            return System.Net.IPAddress.TryParse(address, out _) && address.Contains(':', StringComparison.Ordinal);
        }

        return host.Split('.').All(static label =>
            label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-'));
    }

    /// <summary>Runs of a–z and 0–9, separated by '.', '_', '__' or any number of '-'.</summary>
    private static bool IsComponent(string component)
    {
        static bool IsAlphanumeric(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
        if (component.Length == 0 || !IsAlphanumeric(component[0]) || !IsAlphanumeric(component[^1]))
        {
            return false;
        }

        int at = 0;
        while (at < component.Length)
        {
            int start = at;
            while (at < component.Length && !IsAlphanumeric(component[at]))
            {
                at++;
            }

            string separator = component[start..at];
            if (separator is not ("" or "." or "_" or "__") && separator.Any(static c => c != '-'))
            {
                return false;
            }

            at++;
        }

        return true;
    }
}

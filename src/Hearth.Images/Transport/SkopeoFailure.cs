using Hearth.Core.Errors;
using Hearth.Linux.Processes;

namespace Hearth.Images.Transport;

/// <summary>
/// What went wrong, from skopeo's words: it has one exit code for everything. The words are those of containers/image, Go's net
/// and TLS packages and the registry protocol's error codes, seen with skopeo 1.9; an unknown message is shown as it is.
/// </summary>
internal static class SkopeoFailure
{
    private const string LoadHint = "The archive's files belong to another user: 'hearth load -i FILE' takes them all the same.";

    private static readonly string[] s_tls = ["x509:", "tls:", "certificate"];
    private static readonly string[] s_full = ["no space left on device", "disk quota exceeded"];

    private static readonly string[] s_credentials = ["getting username and password"];

    private static readonly string[] s_denied =
        ["unauthorized", "authentication required", "denied", "invalid username/password", "403 (forbidden)", "401 (unauthorized)"];

    private static readonly string[] s_notFound =
    [
        "manifest unknown", "name unknown", "not found", "no such file or directory", "does not resolve to an image", "identifier is not an image",
        "404 (not found)", "no descriptor found", "tag does not exist", "no such image",
    ];

    private static readonly string[] s_unreachable =
    [
        "connection refused", "no such host", "i/o timeout", "no route to host", "network is unreachable", "connection reset", "server misbehaving",
        "unexpected eof", "cannot connect to the docker daemon", "502 bad gateway", "503", "500 internal server error", "pinging container registry",
        "temporary failure", "context deadline exceeded", "broken pipe", "eof",
    ];

    public static bool IsPlainHttp(ToolFailedException failure) =>
        failure.ErrorTail.Any(static line => line.Contains("server gave HTTP response to HTTPS client", StringComparison.Ordinal));

    /// <param name="image">The image as people write it.</param>
    /// <param name="registry">Its registry; empty when it comes from elsewhere.</param>
    /// <param name="failure">What skopeo said.</param>
    public static HearthException Translate(string image, string registry, ToolFailedException failure)
    {
        string said = Message(failure);
        string place = registry.Length == 0 ? "the source" : $"registry '{registry}'";
        if (Has(said, s_full))
        {
            return new HearthException("disk.full", $"Cannot fetch '{image}': the disk is full.", "Free some space; 'hearth image prune' removes unused images.", inner: failure);
        }

        if (IsPlainHttp(failure))
        {
            return new HearthException(
                "registry.tls",
                $"Cannot fetch '{image}': {place} speaks plain HTTP, and HTTPS was expected.",
                $"If you trust it, add [[registry]] location = \"{registry}\" with insecure = true to /etc/containers/registries.conf.",
                inner: failure);
        }

        if (Has(said, s_tls))
        {
            return new HearthException(
                "registry.tls",
                $"Cannot fetch '{image}': the certificate of {place} is not trusted: {said}.",
                $"Put its CA into /etc/containers/certs.d/{registry}/ca.crt, or mark it insecure in /etc/containers/registries.conf.",
                inner: failure);
        }

        // Its cause may read as a refusal ("permission denied") or as an image that is not there.
        if (Has(said, s_credentials))
        {
            return new HearthException(
                "registry.credentials",
                $"Cannot fetch '{image}': the credentials for {place} cannot be read: {said}.",
                "Make that file readable, mend it, or name another with REGISTRY_AUTH_FILE.",
                inner: failure);
        }

        if (Has(said, s_notFound))
        {
            return new HearthException(
                "image.not-found",
                $"Image '{image}' was not found: {said}.",
                "Check the name and the tag; a private image needs a login first ('skopeo login' or 'podman login').",
                inner: failure);
        }

        return Access(image, place, registry, said, failure);
    }

    private static HearthException Access(string image, string place, string registry, string said, ToolFailedException failure)
    {
        if (Has(said, s_denied))
        {
            return new HearthException(
                "registry.denied",
                $"Cannot fetch '{image}': {place} refuses access, or there is no such image: {said}.",
                registry.Length == 0 ? "Check the permissions." : $"Run 'skopeo login {registry}' (or 'podman login'), or name a file of credentials with REGISTRY_AUTH_FILE.",
                inner: failure);
        }

        if (image.StartsWith("docker-daemon:", StringComparison.Ordinal) && Has(said, s_unreachable))
        {
            return new HearthException(
                "registry.unreachable",
                $"Cannot fetch '{image}': the Docker daemon does not answer: {said}.",
                "Start it, check DOCKER_HOST, or save the image to a file ('docker save') and use 'hearth load'.",
                inner: failure);
        }

        return Has(said, s_unreachable)
            ? new HearthException(
                "registry.unreachable",
                $"Cannot fetch '{image}': {place} does not answer: {said}.",
                "Check the network, the registry's name and port, and the proxy settings (HTTPS_PROXY).",
                inner: failure)
            : new HearthException("image.transport", $"Cannot fetch '{image}': {said}.", IsForeignArchive(said) ? LoadHint : null, inner: failure);
    }

    /// <summary>skopeo gives the files of an oci-archive their owner while it unpacks them, which only root may when that is another user.</summary>
    private static bool IsForeignArchive(string said) => said.Contains("untarring file", StringComparison.Ordinal) && said.Contains("operation not permitted", StringComparison.Ordinal);

    private static bool Has(string said, string[] words) => words.Any(word => said.Contains(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>The message of skopeo's last line, without its log decoration and without the prefix that repeats the reference.</summary>
    private static string Message(ToolFailedException failure)
    {
        string line = failure.ErrorTail.LastOrDefault(static text => text.Contains("level=fatal", StringComparison.Ordinal))
            ?? (failure.ErrorTail.Count > 0 ? failure.ErrorTail[^1] : failure.Message);
        const string Start = " msg=\"";
        int at = line.IndexOf(Start, StringComparison.Ordinal);
        string message = at < 0 ? line : line[(at + Start.Length)..].TrimEnd('"').Replace("\\\"", "\"", StringComparison.Ordinal);
        foreach (string prefix in (string[])["Error parsing image name \"", "initializing source "])
        {
            int colon = message.StartsWith(prefix, StringComparison.Ordinal) ? message.IndexOf(prefix.EndsWith('"') ? "\": " : ": ", prefix.Length, StringComparison.Ordinal) : -1;
            message = colon > 0 ? message[message.IndexOf(": ", colon, StringComparison.Ordinal)..][2..] : message;
        }

        // Lists of errors have line ends and marks of their own.
        return message.Replace("\\n\\t* ", " ", StringComparison.Ordinal).Replace("\\n", " ", StringComparison.Ordinal).Trim().TrimEnd('.');
    }
}

using System.Net;
using Hearth.Images.Documents;
using Hearth.Images.References;
using Hearth.Linux.Processes;

namespace Hearth.Images.Transport;

/// <summary>
/// Images through skopeo(1), so that credentials (REGISTRY_AUTH_FILE, podman's and Docker's files), mirrors and
/// insecure registries (containers-registries.conf(5)) are as configured for podman and buildah, and the daemon (DOCKER_HOST) as for docker.
/// </summary>
public sealed class SkopeoTransport : IImageTransport
{
    private const string Program = "skopeo";

    public Task<byte[]> ReadManifestAsync(ImageReference reference, CancellationToken cancellationToken) =>
        WithPlainHttpOnLoopbackAsync(
            reference,
            plain => ReadAsync(reference, ["inspect", "--raw", .. Source("", reference, plain), reference.ForSkopeo], ImageManifest.MaximumBytes, cancellationToken));

    public Task<byte[]> ReadConfigAsync(ImageReference reference, ImagePlatform platform, CancellationToken cancellationToken) =>
        WithPlainHttpOnLoopbackAsync(
            reference,
            plain => ReadAsync(
                reference,
                [.. Override(platform), "inspect", "--raw", "--config", .. Source("", reference, plain), reference.ForSkopeo],
                ImageConfigDocument.MaximumBytes,
                cancellationToken));

    public Task CopyAsync(ImageReference reference, ImagePlatform platform, string blobRoot, string layout, CancellationToken cancellationToken) =>
        WithPlainHttpOnLoopbackAsync(
            reference,
            async plain =>
            {
                string[] arguments =
                [
                    .. Override(platform), "copy", "--dest-oci-accept-uncompressed-layers", "--dest-shared-blob-dir", blobRoot,
                    .. Source("src-", reference, plain), reference.ForSkopeo, $"oci:{layout}:image",
                ];
                await ToolProcess.RunAsync(Command(reference, arguments), new ToolStreams(), cancellationToken);
                return 0;
            });

    /// <summary>Writes the image of an <c>oci:</c> reference, its blobs below a blob directory, as an archive for <c>docker load</c> with these full names.</summary>
    internal static async Task WriteDockerArchiveAsync(
        string source, string blobRoot, string archive, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        IEnumerable<string> more = names.Skip(1).SelectMany(static name => (string[])["--additional-tag", name]);
        string destination = names.Count == 0 ? $"docker-archive:{archive}" : $"docker-archive:{archive}:{names[0]}";
        string[] arguments = ["copy", "--src-shared-blob-dir", blobRoot, .. more, source, destination];
        try
        {
            await ToolProcess.RunAsync(new ToolCommand(Program, arguments), new ToolStreams(), cancellationToken);
        }
        catch (ToolFailedException e)
        {
            throw SkopeoFailure.Translate(names.Count > 0 ? names[0] : source, "", e);
        }
    }

    private static async Task<byte[]> ReadAsync(ImageReference reference, string[] arguments, int maximumBytes, CancellationToken cancellationToken) =>
        await ToolProcess.ReadAsync(Command(reference, arguments), maximumBytes, cancellationToken);

    /// <summary>Only a registry asks for credentials; podman's store is found by the same variable, which stays as it is then.</summary>
    private static ToolCommand Command(ImageReference reference, string[] arguments) =>
        reference.Transport == ImageTransport.Registry ? new(Program, arguments) { Environment = CredentialPlace.Environment() } : new(Program, arguments);

    /// <summary>Flags for the source; skopeo does not read DOCKER_HOST by itself.</summary>
    private static string[] Source(string prefix, ImageReference reference, bool plain)
    {
        if (plain)
        {
            return [$"--{prefix}tls-verify=false"];
        }

        if (reference.Transport != ImageTransport.DockerDaemon || Environment.GetEnvironmentVariable("DOCKER_HOST") is not { Length: > 0 } host)
        {
            return [];
        }

        // docker speaks plain HTTP to tcp:// unless told to verify; skopeo would speak TLS, and knows plain HTTP by the scheme.
        bool plainTcp = host.StartsWith("tcp://", StringComparison.Ordinal) && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("DOCKER_TLS_VERIFY"));
        return [$"--{prefix}daemon-host", plainTcp ? "http" + host["tcp".Length..] : host];
    }

    private static string[] Override(ImagePlatform platform) =>
    [
        "--override-os", platform.Os, "--override-arch", platform.Architecture,
        .. platform.Variant is { } variant ? ["--override-variant", variant] : (string[])[],
    ];

    /// <summary>A registry on loopback may speak plain HTTP, as with Docker; only after HTTPS was tried, so that TLS there stays verified.</summary>
    private static async Task<T> WithPlainHttpOnLoopbackAsync<T>(ImageReference reference, Func<bool, Task<T>> run)
    {
        try
        {
            return await run(false);
        }
        catch (ToolFailedException e) when (IsLoopback(reference.Registry) && SkopeoFailure.IsPlainHttp(e))
        {
            try
            {
                return await run(true);
            }
            catch (ToolFailedException plain)
            {
                throw SkopeoFailure.Translate(reference.Familiar, reference.Registry, plain);
            }
        }
        catch (ToolFailedException e)
        {
            throw SkopeoFailure.Translate(reference.Familiar, reference.Registry, e);
        }
    }

    private static bool IsLoopback(string registry)
    {
        if (registry.Length == 0)
        {
            return false;
        }

        int colon = registry.LastIndexOf(':');
        string host = (colon > registry.LastIndexOf(']') ? registry[..colon] : registry).Trim('[', ']');
        return host == "localhost" || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));
    }
}

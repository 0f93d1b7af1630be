using System.Globalization;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;

namespace Hearth.Images.Transport;

// skopeo looks for credentials in $XDG_RUNTIME_DIR/containers/auth.json, or /run/containers/UID/auth.json without that variable, and
// then in the home directory (containers-auth.json(5)). A file that is not there is passed over; one that it may not look for is an error
// (seen with 1.9: "reading JSON file …: permission denied"). On a host where root has used podman, /run/containers is root's alone: a user without a
// session (cron, su, a service) could then fetch nothing, be it public.

/// <summary>Lets skopeo get past a place for credentials that this user may not look into.</summary>
internal static class CredentialPlace
{
    /// <summary>Exists, and nobody can put a file there.</summary>
    private const string NoPlace = "/proc";

    /// <summary>Variables for skopeo when it asks a registry; none where it finds its way.</summary>
    public static IReadOnlyDictionary<string, string?> Environment() =>
        IsSet("REGISTRY_AUTH_FILE") || IsSet("XDG_RUNTIME_DIR")
            ? new Dictionary<string, string?>()
            : Environment(string.Create(CultureInfo.InvariantCulture, $"/run/containers/{ProcessTable.EffectiveUser}/auth.json"), PodmansPlaces());

    /// <param name="usual">Where skopeo looks first.</param>
    /// <param name="others">Directories to name instead, the first that is this user's own.</param>
    internal static IReadOnlyDictionary<string, string?> Environment(string usual, IEnumerable<string> others) =>
        MayLook(usual) ? new Dictionary<string, string?>() : new Dictionary<string, string?> { ["XDG_RUNTIME_DIR"] = others.FirstOrDefault(IsOwn) ?? NoPlace };

    /// <summary>What podman takes for XDG_RUNTIME_DIR without one: there <c>podman login</c> writes.</summary>
    private static IEnumerable<string> PodmansPlaces()
    {
        string user = ProcessTable.EffectiveUser.ToString(CultureInfo.InvariantCulture);
        return [$"/run/user/{user}", $"/tmp/podman-run-{user}"];
    }

    private static bool IsSet(string variable) => !string.IsNullOrEmpty(System.Environment.GetEnvironmentVariable(variable));

    private static bool MayLook(string path)
    {
        try
        {
            File.OpenHandle(path).Dispose();
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true; // It is not there, most often.
        }
    }

    /// <summary>One in /tmp may be anybody's, with programs to run in its auth.json ("credHelpers").</summary>
    private static bool IsOwn(string directory) =>
        FileStatus.TryRead(directory, follow: false, out FileStatus status) && status.Kind == FileKind.Directory && status.User == ProcessTable.EffectiveUser;
}

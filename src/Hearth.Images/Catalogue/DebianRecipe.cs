using Hearth.Core.Errors;
using Hearth.Core.Progress;
using Hearth.Linux.Processes;

namespace Hearth.Images.Catalogue;

/// <summary>
/// <c>@debian</c>: a minimal Debian 12 by mmdebstrap(1), from the package sources of this machine when it runs the same release,
/// otherwise from Debian's own. Without root mmdebstrap uses a user namespace.
/// </summary>
public sealed class DebianRecipe : ICatalogueRecipe
{
    private const string Suite = "bookworm";
    private const string Keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

    public string Name => "@debian";

    public string Description => "a minimal Debian 12 (bookworm)";

    public async Task<CatalogueImage> BuildAsync(string directory, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        if (ToolProcess.Find("mmdebstrap") is null || !File.Exists(Keyring))
        {
            throw new HearthException(
                "tool.missing",
                "@debian is made by mmdebstrap with Debian's keys, and they are not installed.",
                "Run 'apt-get install mmdebstrap debian-archive-keyring' (and uidmap, when not root).");
        }

        string tar = Path.Combine(directory, "debian.tar");
        string[] arguments =
        [
            "--variant=minbase", "--mode=auto", "--format=tar",
            // The host's resolvers and name are not the image's.
            "--customize-hook=rm -f \"$1/etc/resolv.conf\" \"$1/etc/hostname\"",
            Suite, tar, .. Sources(),
        ];
        int steps = 0;
        var streams = new ToolStreams
        {
            ErrorLine = line => progress?.Report(new StageProgress($"building @debian: {Step(line)}", ++steps, InBytes: false)),
        };
        try
        {
            await ToolProcess.RunAsync(new ToolCommand("mmdebstrap", arguments), streams, cancellationToken);
        }
        catch (ToolFailedException e)
        {
            throw new HearthException(
                "catalogue.failed",
                $"Cannot build @debian: {e.Message}",
                "Check the network and this machine's package sources ('apt-get update'); when not root, install uidmap and check /etc/subuid.",
                inner: e);
        }

        progress?.Report(new StageProgress("building @debian", steps, steps, InBytes: false, Finished: true));
        return new CatalogueImage(tar, ["bash"], ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]);
    }

    /// <summary>The host's lists of package sources, or nothing for mmdebstrap's default.</summary>
    private static IEnumerable<string> Sources()
    {
        const string Release = "/etc/os-release";
        bool same = File.Exists(Release) && File.ReadLines(Release).Any(static line => line.Trim() is $"VERSION_CODENAME={Suite}");
        if (!same)
        {
            return [];
        }

        IEnumerable<string> more = Directory.Exists("/etc/apt/sources.list.d")
            ? Directory.EnumerateFiles("/etc/apt/sources.list.d").Where(static path => Path.GetExtension(path) is ".list" or ".sources").Order(StringComparer.Ordinal)
            : [];
        // Sources of others would bring others' packages, and their keys are not known to mmdebstrap.
        return ((string[])["/etc/apt/sources.list"]).Concat(more).Where(static path => File.Exists(path) && IsDebian(File.ReadAllText(path)));
    }

    private static bool IsDebian(string sources) => sources.Contains(Suite, StringComparison.Ordinal) && sources.Contains("/debian", StringComparison.Ordinal);

    /// <summary>mmdebstrap says "I: installing essential packages..." and apt says much else.</summary>
    private static string Step(string line) => (line.StartsWith("I: ", StringComparison.Ordinal) ? line[3..] : line).TrimEnd('.');
}

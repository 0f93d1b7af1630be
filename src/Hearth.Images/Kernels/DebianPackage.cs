using System.Globalization;
using System.Text.RegularExpressions;
using Hearth.Core.Errors;
using Hearth.Core.Progress;
using Hearth.Linux.Processes;

namespace Hearth.Images.Kernels;

/// <summary>Fetches a Debian package with this machine's own apt sources and keys, and unpacks it; nothing is installed and root is not needed.</summary>
internal static partial class DebianPackage
{
    /// <summary>The first package whose name matches among what a meta-package depends on.</summary>
    /// <exception cref="HearthException"><c>kernel.fetch</c>.</exception>
    public static async Task<string> FindDependencyAsync(string metaPackage, string prefix, CancellationToken cancellation)
    {
        string? found = null;
        void Take(string line)
        {
            if (DependsLine().Match(line) is { Success: true } match && match.Groups[1].Value.StartsWith(prefix, StringComparison.Ordinal))
            {
                found ??= match.Groups[1].Value;
            }
        }

        await RunAptAsync(metaPackage, "apt-cache", ["depends", metaPackage], "/", Take, cancellation);
        return found ?? throw Failed(metaPackage, "apt knows of no such package");
    }

    /// <summary>Downloads into a directory; what a killed download left there is taken up again.</summary>
    /// <returns>The path of the <c>.deb</c>.</returns>
    /// <exception cref="HearthException"><c>kernel.fetch</c>.</exception>
    public static async Task<string> DownloadAsync(string package, string directory, IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(directory);
        string stage = $"fetching {package}";
        long? size = null;
        await RunAptAsync(package, "apt-get", ["download", "--print-uris", package], directory, line => size ??= ReadSize(line), cancellation);
        progress?.Report(new StageProgress(stage, 0, size));
        void Take(string line)
        {
            // dlstatus:1:45.3:… (apt's README.progress-reporting)
            string[] fields = line.Split(':');
            if (size is { } total && fields is ["dlstatus", _, var percent, ..]
                && double.TryParse(percent, NumberStyles.Float, CultureInfo.InvariantCulture, out double share))
            {
                progress?.Report(new StageProgress(stage, (long)(total * share / 100), total));
            }
        }

        // Root's apt would drop to a user that cannot write here, and warn.
        string[] arguments = ["-qq", "-o", "APT::Status-Fd=1", "-o", "APT::Sandbox::User=root", "download", package];
        await RunAptAsync(package, "apt-get", arguments, directory, Take, cancellation);
        string path = Directory.EnumerateFiles(directory, package + "_*.deb").Order(StringComparer.Ordinal).LastOrDefault()
            ?? throw Failed(package, "apt-get wrote no file");
        long length = new FileInfo(path).Length;
        progress?.Report(new StageProgress(stage, length, length, Finished: true));
        return path;
    }

    public static async Task UnpackAsync(string debPath, string directory, CancellationToken cancellation) =>
        await ToolProcess.RunAsync(new ToolCommand("dpkg-deb", ["--extract", debPath, directory]) { Package = "dpkg" }, new ToolStreams(), cancellation);

    private static async Task RunAptAsync(
        string package, string program, string[] arguments, string directory, Action<string> onLine, CancellationToken cancellation)
    {
        try
        {
            var command = new ToolCommand(program, arguments) { Package = "apt", WorkingDirectory = directory, Environment = new Dictionary<string, string?> { ["LC_ALL"] = "C" } };
            await ToolProcess.RunAsync(command, new ToolStreams { OutputLine = onLine }, cancellation);
        }
        catch (ToolFailedException exception)
        {
            throw Failed(package, exception.Message, exception);
        }
    }

    /// <summary><c>'http://…/x.deb' x.deb 26713492 SHA256:…</c></summary>
    private static long? ReadSize(string line) =>
        line.Split(' ') is [['\'', ..], _, var size, ..] && long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) ? bytes : null;

    private static HearthException Failed(string package, string cause, Exception? inner = null) =>
        new("kernel.fetch", $"The package '{package}' cannot be fetched: {cause}.", "Check the network and run 'apt-get update' as root, then try again.", inner: inner);

    [GeneratedRegex(@"^\s*\|?Depends:\s+(\S+)")]
    private static partial Regex DependsLine();
}

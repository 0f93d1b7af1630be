using Hearth.Core.Errors;
using Hearth.Core.Units;
using Hearth.Engine.Client;
using Hearth.Engine.Store;
using Hearth.Linux.Stdio;
using Hearth.Linux.Terminals;
using Hearth.Protocol;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Cli.Copy;

/// <summary>From a VM to the host.</summary>
internal sealed class CopyOut(CliContext context, VmModel vm, CopyRequestOptions options)
{
    private const int StandardOutput = 1;

    public async Task RunAsync(CopyPath from, CopyPath to)
    {
        if (to.IsStream && TerminalDevice.IsTerminal(StandardOutput))
        {
            throw new HearthException("copy.terminal", "An archive is not written to a terminal.", "Send it to a file or a pipe: hearth cp VM:PATH - > file.tar", 1);
        }

        // A slash behind a link means what the link points to, as in every path.
        bool follow = options.FollowLink || from.HasTrailingSlash || from.ContentsOnly;
        await using ControlConnection connection = await ControlConnection.ConnectAsync(vm, new CopyOutRequest(from.Bare, follow), context.Cancellation);
        PathReply found = await ReadReplyAsync(connection.Reader, context.Cancellation);
        if (!found.Exists)
        {
            throw NotFound(vm, from.Path);
        }

        if ((from.HasTrailingSlash || from.ContentsOnly) && !found.IsDirectory)
        {
            throw new HearthException("copy.refused", $"{vm.Name}:{from.Path} is not a directory.", "Leave out the slash at the end.", 1);
        }

        var archive = new FrameInputStream(connection.Reader);
        if (to.IsStream)
        {
            await archive.CopyToAsync(new StandardStream(StandardOutput, "standard output"), context.Cancellation);
            return;
        }

        bool isDirectory = found.IsDirectory && (follow || found.LinkTarget is null);
        string top = found.Name.Trim('/');
        CopyPlan plan = CopyPlan.Decide(new CopySource(top.Length > 0 ? top : "root", isDirectory, from.ContentsOnly), Look(to));
        var extraction = new HostExtraction(Path.GetFullPath(plan.Directory), top, plan.Name, options.Archive, message => context.Error.WriteLine($"hearth: {message}"));
        long bytes = await extraction.ExtractAsync(archive, context.Cancellation);
        if (!options.Quiet)
        {
            context.Error.WriteLine($"Copied {new ByteSize(bytes).ToDecimalString()} to {to.Path}");
        }
    }

    /// <summary>The answer that comes before the data.</summary>
    public static async Task<PathReply> ReadReplyAsync(FrameReader reader, CancellationToken cancellationToken)
    {
        Frame frame = await reader.ReadAsync(cancellationToken) ?? throw FrameInputStream.Lost();
        return frame.Type switch
        {
            FrameType.Reply => FrameReader.Parse(frame.Payload, ProtocolJson.Default.PathReply),
            FrameType.Error => throw ControlConnection.ToException(frame.Payload),
            _ => throw FrameInputStream.Lost(),
        };
    }

    public static HearthException NotFound(VmModel vm, string path) =>
        new(
        "copy.not-found", $"{vm.Name}:{path}: no such file or directory.", vm.IsActive ? $"Look with 'hearth exec {vm.Name} ls'." : $"Look with 'hearth cp {vm.Name}:DIRECTORY - | tar t'.", 1);

    /// <summary>The user's own path: links at its end are followed here, before anything of the guest's is read.</summary>
    private static CopyTarget Look(CopyPath to)
    {
        string bare = to.Bare.Length > 0 ? to.Bare : ".";
        bool exists = File.Exists(bare) || Directory.Exists(bare);
        CopyPath path = exists && !Directory.Exists(bare) && File.ResolveLinkTarget(bare, returnFinalTarget: true) is { } real ? new CopyPath(null, real.FullName) : to;
        return new CopyTarget(path, exists, Directory.Exists(bare), Directory.Exists(CopyTarget.ParentOf(path.Bare, ".")));
    }
}

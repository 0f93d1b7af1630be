using Hearth.Core.Errors;
using Hearth.Core.Units;
using Hearth.Engine.Client;
using Hearth.Engine.Store;
using Hearth.Linux.Stdio;
using Hearth.Linux.Terminals;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Cli.Copy;

/// <summary>From the host to a VM.</summary>
internal sealed class CopyIn(CliContext context, VmModel vm, CopyRequestOptions options)
{
    private const int StandardInput = 0;

    /// <summary>Links followed at the end of a destination's path, as the kernel bounds it (ELOOP, path_resolution(7)).</summary>
    private const int MostLinks = 40;

    public async Task RunAsync(CopyPath from, CopyPath to)
    {
        if (from.IsStream)
        {
            await SendInputAsync(to);
            return;
        }

        CopySource source = Look(from);
        CopyPlan plan = CopyPlan.Decide(source, await LookAsync(to));
        var archive = new HostArchive(message => context.Error.WriteLine($"hearth: {message}"));
        bool follow = options.FollowLink || from.HasTrailingSlash || from.ContentsOnly;
        await SendAsync(plan.Directory, destination => archive.WriteAsync(destination, from.Bare, plan.Name, follow, context.Cancellation));
        if (!options.Quiet)
        {
            context.Error.WriteLine($"Copied {new ByteSize(archive.Bytes).ToDecimalString()} to {vm.Name}:{to.Path}");
        }
    }

    private async Task SendInputAsync(CopyPath to)
    {
        if (TerminalDevice.IsTerminal(StandardInput))
        {
            throw new HearthException("copy.terminal", "An archive is not read from a terminal.", "Send one to standard input: tar c . | hearth cp - VM:PATH", 1);
        }

        PathReply found = await StatAsync(to.Bare);
        if (found is not { Exists: true, IsDirectory: true })
        {
            throw found.Exists
                ? new HearthException("copy.refused", $"{vm.Name}:{to.Path} is not a directory.", "An archive is unpacked in a directory.", 1)
                : CopyOut.NotFound(vm, to.Path);
        }

        var input = new StandardStream(StandardInput, "standard input");
        await SendAsync(to.Bare, destination => input.CopyToAsync(destination, context.Cancellation));
    }

    /// <summary>Sends an archive and waits until the agent has unpacked it; whatever the agent refuses ends the sending at once.</summary>
    private async Task SendAsync(string directory, Func<Stream, Task> write)
    {
        await using ControlConnection connection = await ControlConnection.ConnectAsync(
            vm, new CopyInRequest(directory, KeepOwner: options.Archive), context.Cancellation);
        await CopyOut.ReadReplyAsync(connection.Reader, context.Cancellation);
        Task answer = ReadExitAsync(connection.Reader);
        Task sending = WriteAsync(connection.Writer, write);
        if (await Task.WhenAny(answer, sending) == sending)
        {
            await sending;
        }

        await answer;
    }

    private async Task WriteAsync(FrameWriter writer, Func<Stream, Task> write)
    {
        var frames = new FrameOutputStream(writer);
        await write(frames);
        await frames.EndAsync(context.Cancellation);
    }

    private async Task ReadExitAsync(FrameReader reader)
    {
        while (await reader.ReadAsync(context.Cancellation) is { } frame)
        {
            switch (frame.Type)
            {
                case FrameType.Exit:
                    FrameInputStream.RequireSuccess(frame);
                    return;
                case FrameType.Error:
                    throw ControlConnection.ToException(frame.Payload);
                default:
                    break;
            }
        }

        throw FrameInputStream.Lost();
    }

    private CopySource Look(CopyPath from)
    {
        string bare = from.Bare;
        var entry = new FileInfo(bare);
        bool isLink = entry.LinkTarget is not null;
        bool isDirectory = Directory.Exists(bare) && (!isLink || options.FollowLink || from.HasTrailingSlash || from.ContentsOnly);
        if (!isLink && !entry.Exists && !Directory.Exists(bare))
        {
            throw new HearthException("copy.not-found", $"{from.Path}: no such file or directory.", "The path is on this machine; write VM:PATH for one in a VM.", 1);
        }

        return (from.HasTrailingSlash || from.ContentsOnly) && !Directory.Exists(bare)
            ? throw new HearthException("copy.refused", $"{from.Path} is not a directory.", "Leave out the slash at the end.", 1)
            : new CopySource(Path.GetFileName(Path.GetFullPath(bare)) is { Length: > 0 } name ? name : "root", isDirectory, from.ContentsOnly);
    }

    /// <summary>Follows links at the end of the path, so that a file behind a link is replaced and not the link.</summary>
    private async Task<CopyTarget> LookAsync(CopyPath to)
    {
        CopyPath path = to;
        PathReply found = await StatAsync(path.Bare);
        for (int links = 0; found is { LinkTarget: { } link, IsDirectory: false } && links < MostLinks; links++)
        {
            path = new CopyPath(to.Vm, Path.GetFullPath(link, CopyTarget.ParentOf(Path.GetFullPath(path.Bare, "/"), "/")));
            found = await StatAsync(path.Bare);
        }

        bool parent = found.Exists || await StatAsync(CopyTarget.ParentOf(path.Bare, "/")) is { Exists: true, IsDirectory: true };
        return new CopyTarget(path, found.Exists, found.IsDirectory, parent);
    }

    private async Task<PathReply> StatAsync(string path)
    {
        await using ControlConnection connection = await ControlConnection.ConnectAsync(vm, new CopyInRequest(path, StatOnly: true), context.Cancellation);
        return await CopyOut.ReadReplyAsync(connection.Reader, context.Cancellation);
    }
}

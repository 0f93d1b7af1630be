using System.Formats.Tar;
using Hearth.Agent.Containers;
using Hearth.Agent.Service;
using Hearth.Core.Errors;
using Hearth.Protocol;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Frames;

namespace Hearth.Agent.Copying;

/// <summary>Copies between the host and the container's files.</summary>
internal static class CopySession
{
    public static void CopyOut(RequestStream session, Container? container, GuestCopyOutRequest request) => ContainerThread.Run(container, () =>
    {
        string path = ContainerPath.Normalize(request.Path);
        PathReply found = ContainerPath.Describe(path);
        session.Write(FrameType.Reply, found, ProtocolJson.Default.PathReply);
        if (!found.Exists)
        {
            throw new HearthException("copy.not-found", $"Could not find the file {path} in the container.", exitCode: 1);
        }

        using FrameOutput output = new(session);
        using (TarWriter writer = new(output, TarEntryFormat.Pax, leaveOpen: true))
        {
            new TreeArchiver(writer).Add(path, found.Name == "/" ? "." : found.Name, request.FollowLink);
        }

        output.Finish();
        session.Write(FrameType.Exit, new ExitMessage(0), ProtocolJson.Default.ExitMessage);
    });

    public static void CopyIn(RequestStream session, Container? container, GuestCopyInRequest request) => ContainerThread.Run(container, () =>
    {
        string path = ContainerPath.Normalize(request.Path);
        PathReply found = ContainerPath.Describe(path);
        session.Write(FrameType.Reply, found, ProtocolJson.Default.PathReply);
        if (request.StatOnly)
        {
            return;
        }

        if (!found.IsDirectory)
        {
            throw new HearthException("copy.not-directory", $"{path} is not a directory of the container.", "Name a directory that is there.", 1);
        }

        using FrameInput input = new(session);
        new TreeExtractor(path, request.KeepOwner).Extract(input);
        input.Drain();
        session.Write(FrameType.Exit, new ExitMessage(0), ProtocolJson.Default.ExitMessage);
    });
}

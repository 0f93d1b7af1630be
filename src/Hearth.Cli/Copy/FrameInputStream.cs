using Hearth.Core.Errors;
using Hearth.Engine.Client;
using Hearth.Protocol;
using Hearth.Protocol.Frames;

namespace Hearth.Cli.Copy;

/// <summary>The Stdout frames of a copy out of a VM as one stream; its end is the Exit frame.</summary>
internal sealed class FrameInputStream(FrameReader reader) : ForwardStream
{
    private ReadOnlyMemory<byte> _rest;
    private bool _ended;

    public override bool CanRead => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_rest.IsEmpty && !_ended)
        {
            Frame frame = await reader.ReadAsync(cancellationToken) ?? throw Lost();
            switch (frame.Type)
            {
                case FrameType.Stdout:
                    _rest = frame.Payload;
                    break;
                case FrameType.Exit:
                    _ended = true;
                    RequireSuccess(frame);
                    break;
                case FrameType.Error:
                    throw ControlConnection.ToException(frame.Payload);
                default:
                    break;
            }
        }

        int count = Math.Min(buffer.Length, _rest.Length);
        _rest[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return count;
    }

    /// <summary>A copy that the agent could not finish ends with a code other than 0.</summary>
    public static void RequireSuccess(Frame exit)
    {
        int code = FrameReader.Parse(exit.Payload, ProtocolJson.Default.ExitMessage).ExitCode;
        if (code != 0)
        {
            throw new HearthException("copy.failed", $"The copy failed inside the VM (code {code}).", "'hearth logs' and 'hearth exec --vm VM dmesg' may say why.", 1);
        }
    }

    public static HearthException Lost() =>
        new("session.lost", "The VM's supervisor closed the connection before the copy ended.", "'hearth ps -a' shows whether the VM still runs.");
}

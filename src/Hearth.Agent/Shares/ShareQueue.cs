using Hearth.Agent.Boot;
using Hearth.Linux.Guest;
using Hearth.Protocol.Shares;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Agent.Shares;

/// <summary>One queue of a share: requests of the kernel go out on one port, their answers come back on it.</summary>
internal sealed class ShareQueue
{
    private readonly int _share;
    private readonly SafeFileHandle _device;
    private readonly SharePort _port;
    private readonly WrittenFiles _written;
    private readonly ShareGate _gate;

    public ShareQueue(int share, SafeFileHandle device, SharePort port, WrittenFiles written, ShareGate gate)
    {
        _gate = gate;
        _share = share;
        _device = device;
        _port = port;
        _written = written;
    }

    public void Start() => new Thread(Pass, 256 * 1024) { IsBackground = true, Name = $"hearth: share {_share}" }.Start();

    /// <summary>Gives the kernel an answer; of a request that was given up meanwhile it wants none.</summary>
    public void Answer(ReadOnlySpan<byte> message)
    {
        _ = FuseDevice.Write(_device, message);
        _gate.Leave();
    }

    /// <summary>Tells the kernel what it did not ask for; may wait for a process of the guest.</summary>
    public void Tell(ReadOnlySpan<byte> message) => _ = FuseDevice.Write(_device, message);

    private void Pass()
    {
        CpuAffinity.StayOnFirst();
        byte[] buffer = GC.AllocateUninitializedArray<byte>(ShareFrame.HeaderBytes + ShareFrame.MaxMessageBytes, pinned: true);
        Span<byte> done = stackalloc byte[FuseDevice.AnswerHeaderBytes];
        try
        {
            while (FuseDevice.Read(_device, buffer.AsSpan(ShareFrame.HeaderBytes)) is var length and > 0)
            {
                Span<byte> request = buffer.AsSpan(ShareFrame.HeaderBytes, length);
                (uint operation, ulong unique, ulong node) = FuseDevice.Describe(request);
                if (_written.IsIdleClose(operation, node))
                {
                    FuseDevice.WriteDone(done, unique);
                    _ = FuseDevice.Write(_device, done);
                    continue;
                }

                _gate.Enter();
                _port.Send(buffer.AsSpan(0, ShareFrame.HeaderBytes + length), _share, ShareFrameKind.Fuse);
                if (!ShareGate.IsAnswered(operation))
                {
                    _gate.Leave();
                }
            }
        }
        catch (IOException e)
        {
            GuestConsole.Say($"hearth-agent: share {_share} has ended: {e.Message}");
        }
    }
}

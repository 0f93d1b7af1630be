using System.Threading.Channels;
using Hearth.Core.Errors;
using Hearth.Engine.Client;
using Hearth.Engine.Store;
using Hearth.Protocol;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Cli.Listing;

/// <summary>
/// Reads the figures of several VMs side by side. A round is complete when every VM that still runs has sent one sample more;
/// supervisors send one a second, so nothing here keeps time.
/// </summary>
internal sealed class StatsStream(IReadOnlyList<VmModel> vms)
{
    private readonly VmStats?[] _before = new VmStats?[vms.Count];
    private readonly VmStats?[] _now = new VmStats?[vms.Count];
    private readonly bool[] _ended = new bool[vms.Count];

    public (VmStats? Before, VmStats? Now) this[int at] => (_before[at], _now[at]);

    public bool HasEnded(int at) => _ended[at];

    /// <summary>Calls <paramref name="round"/> after every round but the first, until it answers false or no VM is left.</summary>
    public async Task RunAsync(Func<bool> round, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<(int At, VmStats? Sample)> samples = Channel.CreateUnbounded<(int, VmStats?)>();
        Task[] readers = [.. vms.Select((vm, at) => ReadAsync(vm, at, samples.Writer, stop.Token))];
        try
        {
            await CollectAsync(samples.Reader, round, cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(readers);
        }
    }

    private async Task CollectAsync(ChannelReader<(int At, VmStats? Sample)> samples, Func<bool> round, CancellationToken cancellationToken)
    {
        int[] seen = new int[vms.Count];
        int rounds = 0;
        while (!Array.TrueForAll(_ended, static ended => ended))
        {
            (int at, VmStats? sample) = await samples.ReadAsync(cancellationToken);
            _ended[at] = sample is null;
            (_before[at], _now[at]) = sample is null ? (null, null) : (_now[at], sample);
            seen[at]++;
            int least = Enumerable.Range(0, vms.Count).Where(i => !_ended[i]).Select(i => seen[i]).DefaultIfEmpty(rounds).Min();
            if (least > rounds)
            {
                rounds = least;
                if (rounds > 1 && !round())
                {
                    return;
                }
            }
        }

        round();
    }

    /// <summary>Never fails: a VM that cannot be asked, or ends, is one without figures.</summary>
    private static async Task ReadAsync(VmModel vm, int at, ChannelWriter<(int At, VmStats? Sample)> samples, CancellationToken cancellationToken)
    {
        try
        {
            await using ControlConnection connection = await ControlConnection.ConnectAsync(vm, new StatsRequest(Stream: true), cancellationToken);
            while (await connection.Reader.ReadAsync(cancellationToken) is { Type: FrameType.Reply } frame)
            {
                samples.TryWrite((at, FrameReader.Parse(frame.Payload, ProtocolJson.Default.VmStats)));
            }
        }
        catch (Exception e) when (e is HearthException or IOException or InvalidDataException or OperationCanceledException)
        {
            // The end of this VM's figures, whatever the reason.
        }

        samples.TryWrite((at, null));
    }
}

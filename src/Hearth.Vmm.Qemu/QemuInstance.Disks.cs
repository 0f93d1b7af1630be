using System.Globalization;
using System.Text.Json;

namespace Hearth.Vmm.Qemu;

/// <content>The layers of disks while the guest runs.</content>
internal sealed partial class QemuInstance
{
    /// <summary>Descriptor sets of a launch count from 1; those of later commands from here.</summary>
    private int _nextSet = 1000;

    private readonly Dictionary<int, List<BlockLayer>> _layers = [];
    private int _overlays;

    public async Task<IVmOverlay> PrepareOverlayAsync(int index, DiskLayer overlay, CancellationToken cancellationToken)
    {
        List<BlockLayer> layers = Layers(index);
        BlockLayer layer = new(string.Create(CultureInfo.InvariantCulture, $"disk{index}-live{_overlays++}"), _nextSet++);
        QemuOverlay prepared = new(_monitor, layer.Node, layer.Set, layers[^1].Node, _ => layers.Add(layer));
        try
        {
            await prepared.OpenAsync(overlay.Path, _launch.Disks[index].Durable, cancellationToken);
            return prepared;
        }
        catch
        {
            await prepared.DisposeAsync();
            throw;
        }
    }

    public async Task FlattenDiskAsync(int index, int keep, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        List<BlockLayer> layers = Layers(index);
        string job = string.Create(CultureInfo.InvariantCulture, $"flatten{index}");
        EventWaiter ended = _monitor.Expect(m => m.GetProperty("event"u8).GetString() is "BLOCK_JOB_COMPLETED" or "BLOCK_JOB_CANCELLED"
            && m.GetProperty("data"u8).GetProperty("device"u8).ValueEquals(job));

        // backing-file: what QEMU notes in the layer's header. It is given its layers by hand: there is no name to note.
        await _monitor.ExecuteAsync(
            "block-stream", $$"""{"job-id":"{{job}}","device":"{{layers[^1].Node}}","base-node":"{{layers[keep - 1].Node}}","backing-file":""}""", CancellationToken.None);
        JsonElement how;
        using (cancellationToken.Register(() => _ = CancelJobAsync(job)))
        {
            how = await ended.Event;
        }

        if (how.GetProperty("event"u8).ValueEquals("BLOCK_JOB_CANCELLED"u8))
        {
            throw new OperationCanceledException("The layers are needed as they are.", cancellationToken);
        }

        if (how.GetProperty("data"u8).TryGetProperty("error"u8, out JsonElement error))
        {
            throw new IOException($"QEMU could not copy the layers: {error.GetString()}");
        }

        List<BlockLayer> merged = layers[keep..^1];
        layers.RemoveRange(keep, merged.Count);
        merged.Reverse();
        foreach (BlockLayer layer in merged)
        {
            await DropAsync(layer);
        }

        // What says where the copied blocks are is in QEMU's memory until it is flushed.
        JsonElement said = await _monitor.ExecuteAsync("human-monitor-command", $$"""{"command-line":"qemu-io {{layers[^1].Node}} flush"}""", CancellationToken.None);
        if (said.GetString() is { Length: > 0 } complaint)
        {
            throw new IOException($"QEMU could not flush the disk: {complaint.Trim()}");
        }
    }

    private async Task CancelJobAsync(string job)
    {
        try
        {
            await _monitor.ExecuteAsync("block-job-cancel", $$"""{"device":"{{job}}"}""", CancellationToken.None);
        }
        catch (IOException)
        {
            // It has just ended, or QEMU has: either is an event that is waited for.
        }
    }

    /// <summary>QEMU closes the layer's file.</summary>
    private async Task DropAsync(BlockLayer layer)
    {
        try
        {
            await _monitor.ExecuteAsync("blockdev-del", $$"""{"node-name":"{{layer.Node}}"}""", CancellationToken.None);
            await _monitor.ExecuteAsync("remove-fd", string.Create(CultureInfo.InvariantCulture, $"{{\"fdset-id\":{layer.Set}}}"), CancellationToken.None);
        }
        catch (IOException)
        {
            // QEMU is gone, or keeps the file open until it is: nothing reads it any more.
        }
    }

    /// <summary>As QEMU has them now, bottom first.</summary>
    private List<BlockLayer> Layers(int index)
    {
        if (!_layers.TryGetValue(index, out List<BlockLayer>? layers))
        {
            layers = [.. _launch.Disks[index].Layers.Select((_, i) => new BlockLayer(QemuArguments.NodeName(index, i), QemuDescriptors.SetOf(_launch, index, i)))];
            _layers[index] = layers;
        }

        return layers;
    }

    /// <summary>A layer in QEMU: its block node, and the descriptor set that has its file.</summary>
    private sealed record BlockLayer(string Node, int Set);
}

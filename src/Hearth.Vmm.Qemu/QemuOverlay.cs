using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Vmm.Qemu;

/// <summary>A block node that is in QEMU, but under no disk yet.</summary>
/// <param name="monitor">QEMU's.</param>
/// <param name="node">Its name.</param>
/// <param name="set">A descriptor set that is not in use.</param>
/// <param name="below">The node that it is to be laid over.</param>
/// <param name="laidOver">Told the node's name when it is on top.</param>
internal sealed class QemuOverlay(QmpClient monitor, string node, int set, string below, Action<string> laidOver) : IVmOverlay
{
    private bool _isOpen;

    public bool IsLaidOver { get; private set; }

    private string SetArgument => string.Create(CultureInfo.InvariantCulture, $"{{\"fdset-id\":{set}}}");

    /// <param name="path">The layer's file.</param>
    /// <param name="durable">Whether the guest's flushes reach the host's disk.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task OpenAsync(string path, bool durable, CancellationToken cancellationToken)
    {
        using (SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            _isOpen = true; // Perhaps: a command that was not answered in time may still be done.
            await monitor.ExecuteAsync("add-fd", SetArgument, file, cancellationToken);
        }

        await monitor.ExecuteAsync(
            "blockdev-add",
            $$$"""{"driver":"qcow2","node-name":"{{{node}}}","discard":"unmap","detect-zeroes":"unmap","cache":{"no-flush":{{{(durable ? "false" : "true")}}}},"backing":null,"file":{"driver":"file","filename":"/dev/fdset/{{{set}}}","locking":"off","discard":"unmap"}}""",
            cancellationToken);
    }

    public async Task LayOverAsync()
    {
        await monitor.ExecuteAsync("blockdev-snapshot", $$"""{"node":"{{below}}","overlay":"{{node}}"}""", CancellationToken.None);
        IsLaidOver = true;
        laidOver(node);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isOpen || IsLaidOver)
        {
            return;
        }

        _isOpen = false;
        await TryAsync("blockdev-del", $$"""{"node-name":"{{node}}"}""");
        await TryAsync("remove-fd", SetArgument);
    }

    private async Task TryAsync(string command, string argument)
    {
        try
        {
            await monitor.ExecuteAsync(command, argument, CancellationToken.None);
        }
        catch (IOException)
        {
            // QEMU is gone, or never had it, or does it when it answers again.
        }
    }
}

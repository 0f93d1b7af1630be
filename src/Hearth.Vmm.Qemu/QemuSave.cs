using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Vmm.Qemu;

/// <summary>QEMU writes the devices' state into a descriptor that it was handed before; meanwhile the pages are read here.</summary>
internal sealed class QemuSave : IVmSave
{
    private readonly QmpClient _monitor;
    private readonly int _set;
    private readonly MemorySave? _memory;
    private bool _handed;

    /// <param name="monitor">QEMU's.</param>
    /// <param name="set">A descriptor set that is not in use.</param>
    /// <param name="memory">Owned from here; null saves the devices alone.</param>
    public QemuSave(QmpClient monitor, int set, MemorySave? memory)
    {
        _monitor = monitor;
        _set = set;
        _memory = memory;
    }

    private string SetArgument => string.Create(CultureInfo.InvariantCulture, $"{{\"fdset-id\":{_set}}}");

    /// <summary>Hands over the file for the devices' state.</summary>
    public async Task HandOverAsync(SafeFileHandle file, CancellationToken cancellationToken)
    {
        _handed = true; // Perhaps: a command that was not answered in time may still be done.
        await _monitor.ExecuteAsync("add-fd", SetArgument, file, cancellationToken);
    }

    public async Task TakeAsync(CancellationToken cancellationToken)
    {
        // live: false, or QEMU gives up its disks as if the VM went on elsewhere.
        Task devices = _monitor.ExecuteAsync(
            "xen-save-devices-state", string.Create(CultureInfo.InvariantCulture, $"{{\"filename\":\"/dev/fdset/{_set}\",\"live\":false}}"), cancellationToken);
        Task pages = _memory is { } memory ? Task.Run(memory.Take, CancellationToken.None) : Task.CompletedTask;
        await Task.WhenAll(devices, pages); // Both, also when one fails: nothing may be under way when the guest goes on.
    }

    public async Task<long> FinishAsync(CancellationToken cancellationToken)
    {
        await TakeBackAsync();
        return _memory is { } memory ? await Task.Run(memory.Finish, cancellationToken) : 0;
    }

    public async ValueTask DisposeAsync()
    {
        _memory?.Dispose();
        try
        {
            await TakeBackAsync();
        }
        catch (IOException)
        {
            // QEMU is gone, and its descriptors with it.
        }
    }

    private async Task TakeBackAsync()
    {
        if (_handed)
        {
            _handed = false;
            await _monitor.ExecuteAsync("remove-fd", SetArgument, CancellationToken.None);
        }
    }
}

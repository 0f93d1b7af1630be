using System.Globalization;
using Hearth.Engine.Disks;
using Hearth.Engine.Snapshots;

namespace Hearth.Engine.Supervision;

/// <content>Keeping the disk's chain of layers short.</content>
public sealed partial class Supervisor
{
    /// <summary>Of the run in progress; null before its VMM.</summary>
    private DiskFlattening? _flattening;

    private DiskFlattening FlattenDisksOf(VmRun run) => new(
        _vm,
        run.Instance,
        (before, after) => Emit("flatten", ("layers", string.Create(CultureInfo.InvariantCulture, $"{after}")), ("before", string.Create(CultureInfo.InvariantCulture, $"{before}"))),
        why => _log.Warning($"the disk's layers could not be merged, and stay as they are: {why}"));

    /// <summary>Nothing is copied between layers while the VM is frozen.</summary>
    private async Task CaptureHeldAsync(SnapshotCapture capture, CaptureRequest request)
    {
        if (_flattening is not { } flattening)
        {
            await capture.CaptureAsync(request, _end.Token);
            return;
        }

        bool ends = false;
        await flattening.HoldAsync();
        try
        {
            await capture.CaptureAsync(request, _end.Token);
            ends = !request.GoOn; // No use for a short chain, and no time for it.
        }
        finally
        {
            if (!ends)
            {
                flattening.Release();
            }
        }
    }
}

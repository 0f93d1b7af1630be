using System.Globalization;
using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Linux.Memory;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Vmm.Qemu;

/// <content>Saving and loading the guest's state.</content>
internal sealed partial class QemuInstance
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int CopyBytes = 1 << 20;

    /// <summary>Descriptor sets of a launch count from 1; those of later commands from here.</summary>
    private int _nextSet = 1000;

    private readonly Dictionary<int, string> _topNodes = [];
    private int _overlays;

    /// <summary>Loads a saved state into a VMM that was started for it. Memory first: devices look into it as they load.</summary>
    public async Task LoadAsync(VmSavedState saved, CancellationToken cancellationToken)
    {
        try
        {
            if (saved.MemoryDeltaPath is { } delta)
            {
                LayOver(delta);
            }

            using SafeFileHandle state = File.OpenHandle(saved.DeviceStatePath, FileMode.Open, FileAccess.Read, FileShare.Read);
            await _monitor.ExecuteAsync("getfd", """{"fdname":"state"}""", state, cancellationToken);
            await _monitor.ExecuteAsync("migrate-set-capabilities", """{"capabilities":[{"capability":"events","state":true}]}""", cancellationToken);
            EventWaiter loaded = _monitor.Expect(static m => m.GetProperty("event"u8).ValueEquals("MIGRATION"u8)
                && m.GetProperty("data"u8).GetProperty("status"u8).GetString() is "completed" or "failed");
            await _monitor.ExecuteAsync("migrate-incoming", """{"uri":"fd:state"}""", cancellationToken);
            JsonElement how = await loaded.Event.WaitAsync(s_monitorTimeout, cancellationToken);
            if (how.GetProperty("data"u8).GetProperty("status"u8).GetString() != "completed")
            {
                throw new IOException("QEMU could not load the state.");
            }
        }
        catch (Exception e) when (e is IOException or TimeoutException or UnauthorizedAccessException)
        {
            await KillAsync();
            VmmExit exit = await Exited;
            throw new HearthException(
                "snapshot.restore",
                $"The saved state {saved.DeviceStatePath} could not be restored: {e.Message}{(exit.StderrTail.Count > 0 ? " " + string.Join(" / ", exit.StderrTail) : "")}",
                "It may come from another QEMU or another kind of CPU.",
                inner: e);
        }
    }

    public async Task SaveDevicesAsync(string path, CancellationToken cancellationToken)
    {
        using SafeFileHandle file = CreateFile(path, FileAccess.Write);
        int set = _nextSet++;
        string setArgument = string.Create(CultureInfo.InvariantCulture, $"{{\"fdset-id\":{set}}}");
        await _monitor.ExecuteAsync("add-fd", setArgument, file, cancellationToken);
        try
        {
            // live: false, or QEMU gives up its disks as if the VM went on elsewhere.
            await _monitor.ExecuteAsync(
                "xen-save-devices-state", string.Create(CultureInfo.InvariantCulture, $"{{\"filename\":\"/dev/fdset/{set}\",\"live\":false}}"), cancellationToken);
        }
        finally
        {
            await _monitor.ExecuteAsync("remove-fd", setArgument, CancellationToken.None);
        }
    }

    public long SaveMemory(string path)
    {
        using ProcessMemory memory = ProcessMemory.Open(Process.Pid);
        MemoryMapping mapping = FindMemory(memory);
        MemoryDelta delta = new(_launch.MemoryBytes, memory.PrivatePages(mapping));
        using SafeFileHandle file = CreateFile(path, FileAccess.Write);
        delta.WriteHeader(file);
        byte[] buffer = new byte[CopyBytes];
        long at = delta.DataOffset;
        foreach (PageRun run in delta.Runs)
        {
            long from = mapping.Address + (run.First * PageRun.PageBytes);
            for (long left = run.Count * PageRun.PageBytes; left > 0;)
            {
                Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, left));
                memory.Read(from, part);
                RandomAccess.Write(file, part, at);
                from += part.Length;
                at += part.Length;
                left -= part.Length;
            }
        }

        return delta.PageBytes;
    }

    public async Task OverlayDiskAsync(int index, DiskLayer overlay, CancellationToken cancellationToken)
    {
        int set = _nextSet++;
        string node = string.Create(CultureInfo.InvariantCulture, $"disk{index}-live{_overlays++}");
        using (SafeFileHandle file = File.OpenHandle(overlay.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            await _monitor.ExecuteAsync("add-fd", string.Create(CultureInfo.InvariantCulture, $"{{\"fdset-id\":{set}}}"), file, cancellationToken);
        }

        string noFlush = _launch.Disks[index].Durable ? "false" : "true";
        await _monitor.ExecuteAsync(
            "blockdev-add",
            $$$"""{"driver":"qcow2","node-name":"{{{node}}}","discard":"unmap","detect-zeroes":"unmap","cache":{"no-flush":{{{noFlush}}}},"backing":null,"file":{"driver":"file","filename":"/dev/fdset/{{{set}}}","locking":"off","discard":"unmap"}}""",
            cancellationToken);
        await _monitor.ExecuteAsync("blockdev-snapshot", $$"""{"node":"{{TopNode(index)}}","overlay":"{{node}}"}""", cancellationToken);
        _topNodes[index] = node;
    }

    private string TopNode(int index) =>
        _topNodes.TryGetValue(index, out string? node) ? node : QemuArguments.NodeName(index, _launch.Disks[index].Layers.Count - 1);

    private static SafeFileHandle CreateFile(string path, FileAccess access)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = access, Share = FileShare.Read, UnixCreateMode = OwnerOnly, BufferSize = 0 };
        using FileStream created = new(path, options);
        return File.OpenHandle(path, FileMode.Open, access, FileShare.ReadWrite);
    }

    private void LayOver(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        MemoryDelta delta = MemoryDelta.Read(file, path);
        if (delta.MemoryBytes != _launch.MemoryBytes)
        {
            throw new HearthException("snapshot.corrupt", $"{path} is for {delta.MemoryBytes} bytes of memory, the VM has {_launch.MemoryBytes}.", "Remove the snapshot and make it again.");
        }

        using ProcessMemory memory = ProcessMemory.Open(Process.Pid);
        MemoryMapping mapping = FindMemory(memory);
        delta.CopyPages(file, (offset, bytes) => memory.Write(mapping.Address + offset, bytes));
    }

    private MemoryMapping FindMemory(ProcessMemory memory) =>
        (_launch.Memory is { } file ? memory.FindFile(file.Path, _launch.MemoryBytes) : memory.FindAnonymous(_launch.MemoryBytes))
        ?? throw new HearthException("snapshot.memory", "The VM's memory was not found in its VMM's address space.", "Snapshots of this VM are not possible with this QEMU.");
}

using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Linux.Memory;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Vmm.Qemu;

/// <content>Saving and loading the guest's state.</content>
internal sealed partial class QemuInstance
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

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

    public async Task<IVmSave> PrepareSaveAsync(string devices, string? memory, CancellationToken cancellationToken)
    {
        QemuSave save = new(_monitor, _nextSet++, memory is null ? null : PrepareMemory(memory));
        try
        {
            using SafeFileHandle file = CreateFile(devices, FileAccess.Write);
            await save.HandOverAsync(file, cancellationToken);
            return save;
        }
        catch
        {
            await save.DisposeAsync();
            throw;
        }
    }

    private MemorySave PrepareMemory(string path)
    {
        ProcessMemory memory = ProcessMemory.Open(Process.Pid);
        SafeFileHandle? file = null;
        try
        {
            MemoryMapping mapping = FindMemory(memory);
            file = CreateFile(path, FileAccess.Write);
            return new MemorySave(memory, mapping, _launch.MemoryBytes, file);
        }
        catch
        {
            file?.Dispose();
            memory.Dispose();
            throw;
        }
    }

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

using System.Diagnostics;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Linux.Cgroups;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;
using Hearth.Linux.Sockets;

namespace Hearth.Vmm.Qemu;

/// <summary>
/// QEMU's microvm machine. The process gets everything it uses as open descriptors (disks, console, link, QMP), so that it
/// can run as a user that may open none of it, under QEMU's own seccomp sandbox.
/// </summary>
public sealed class QemuEngine(string? binary = null) : IVmEngine
{
    private const string BinaryName = "qemu-system-x86_64";

    /// <summary>Descriptors are inheritable between their making and the child's start: one start at a time.</summary>
    private static readonly SemaphoreSlim s_starting = new(1, 1);

    public string Name => "qemu";

    /// <summary>Makes a new file for a guest's memory, of the memory's size and without content.</summary>
    /// <exception cref="IOException">There is no room, or no right, to make it.</exception>
    public static void CreateMemoryFile(string path, long bytes)
    {
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Owner };
        using (FileStream file = new(path, options))
        {
            file.SetLength(bytes);
        }

        if (ProcessTable.IsRoot)
        {
            FileOwner.SetGroup(path, QemuPrivileges.MemoryGroup);
            File.SetUnixFileMode(path, Owner | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
        }
    }

    public EngineCapabilities Capabilities { get; } = new() { SoftwareEmulation = true, DeviceSnapshots = true, SerialConsole = true };

    /// <summary>Begins what takes time and needs no VM; calling it early makes the first start shorter.</summary>
    public static void Prepare() => HostClock.Begin();

    /// <summary>The binary that would be used; null when there is none.</summary>
    public static string? FindBinary() => ToolProcess.Find(BinaryName);

    public async Task<IVmInstance> StartAsync(VmLaunch launch, CancellationToken cancellationToken)
    {
        string program = binary ?? FindBinary() ?? throw new HearthException(
            "engine.missing", $"{BinaryName} is not installed.", "Install the package qemu-system-x86.");
        await s_starting.WaitAsync(cancellationToken);
        try
        {
            return await StartLockedAsync(program, launch, cancellationToken);
        }
        finally
        {
            s_starting.Release();
        }
    }

    private static async Task<IVmInstance> StartLockedAsync(string program, VmLaunch launch, CancellationToken cancellationToken)
    {
        using QemuDescriptors descriptors = QemuDescriptors.Open(launch);
        InheritedSocket link = descriptors.Link;
        InheritedSocket monitor = descriptors.Monitor;
        ProcessStartInfo start = new()
        {
            FileName = "setpriv",
            RedirectStandardError = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        foreach (string argument in (string[])[.. QemuPrivileges.SetprivArguments(launch.Id, launch.Accel.UseKvm, launch.Memory is not null), program, .. QemuArguments.Build(launch, descriptors)])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        Process process;
        try
        {
            process = await SpawnThread.RunAsync(() => Process.Start(start)!);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new HearthException("engine.failed", $"setpriv cannot be started: {e.Message}", "Install the package util-linux.", inner: e);
        }

        process.StandardInput.Close();
        ProcessIdentity identity = ProcessTable.Identify(process.Id) ?? new ProcessIdentity(process.Id, 0);
        CgroupScope? cgroup = CgroupScope.TryCreate($"vm-{launch.Id[..12]}", identity);
        QemuInstance instance = new(process, identity, launch, link.TakeLocal(), monitor.TakeLocal(), ConsoleLog.Start(descriptors.Console.TakeLocal(), launch.ConsoleLogPath), cgroup);
        descriptors.Dispose();
        try
        {
            await instance.ConnectMonitorAsync(cancellationToken);
            if (launch.SavedState is { } saved)
            {
                await instance.LoadAsync(saved, cancellationToken);
            }

            return instance;
        }
        catch
        {
            await instance.DisposeAsync();
            throw;
        }
    }
}

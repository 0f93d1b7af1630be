using System.Diagnostics;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Linux.Cgroups;
using Hearth.Linux.Files;
using Hearth.Linux.Memory;
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

    /// <summary>The name of a VM's control group.</summary>
    /// <param name="id">The VM's whole id.</param>
    public static string CgroupOf(string id) => $"vm-{id[..12]}";

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
        List<string> command = [.. QemuPrivileges.SetprivCommand(launch.Id, launch.Accel.UseKvm, launch.Memory is not null), program, .. QemuArguments.Build(launch, descriptors)];
        string group = CgroupOf(launch.Id);
        bool small = launch.SavedState is not null;
        (Process process, ProcessIdentity identity, CgroupScope? cgroup) = launch.Limits is { IsNone: false } limits
            ? await StartLimitedAsync(command, group, limits, small)
            : await StartUnlimitedAsync(command, group, small);
        QemuInstance instance = new(process, identity, launch, link.TakeLocal(), [.. descriptors.Ports.Select(static port => port.TakeLocal())], monitor.TakeLocal(), ConsoleLog.Start(descriptors.Console.TakeLocal(), launch.ConsoleLogPath), cgroup);
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

    private static async Task<(Process Process, ProcessIdentity Identity, CgroupScope? Cgroup)> StartUnlimitedAsync(List<string> command, string group, bool small)
    {
        Process process = await SpawnAsync(command, small);
        process.StandardInput.Close();
        ProcessIdentity identity = ProcessTable.Identify(process.Id) ?? new ProcessIdentity(process.Id, 0);
        return (process, identity, CgroupScope.TryCreate(group, identity));
    }

    /// <summary>
    /// A shell waits for a line until it is in its group, and only then becomes QEMU: memory that a process has before it joins
    /// stays on its former group's account. Without the line (this process is gone) it ends.
    /// </summary>
    private static async Task<(Process Process, ProcessIdentity Identity, CgroupScope? Cgroup)> StartLimitedAsync(List<string> command, string group, VmLimits limits, bool small)
    {
        CgroupScope cgroup = CgroupScope.Create(group, limits);
        Process? process = null;
        try
        {
            process = await SpawnAsync(["/bin/sh", "-c", "read -r go && exec \"$@\"", "sh", .. command], small);
            ProcessIdentity identity = ProcessTable.Identify(process.Id) ?? new ProcessIdentity(process.Id, 0);
            cgroup.Add(identity);
            await process.StandardInput.WriteAsync("go\n");
            process.StandardInput.Close();
            return (process, identity, cgroup);
        }
        catch
        {
            if (process is not null)
            {
                process.StandardInput.Close();
                await process.WaitForExitAsync();
                process.Dispose();
            }

            cgroup.Dispose();
            throw;
        }
    }

    /// <param name="command">Program and arguments.</param>
    /// <param name="small">
    /// A copy's memory is a file, which has no huge pages anyway. QEMU asks for them for what is its own, too: the cache of
    /// translated code and a table of 2 MiB that has some KB in it, which is 4 MB a copy for nothing.
    /// </param>
    private static async Task<Process> SpawnAsync(List<string> command, bool small)
    {
        ProcessStartInfo start = new()
        {
            FileName = command[0],
            RedirectStandardError = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        foreach (string argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        try
        {
            return await SpawnThread.RunAsync(() => small ? TransparentHugePages.StartWithout(() => Process.Start(start)!) : Process.Start(start)!);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new HearthException("engine.failed", $"{command[0]} cannot be started: {e.Message}", "Install the package util-linux.", inner: e);
        }
    }
}

using System.Diagnostics;
using System.Net.Sockets;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Linux.Cgroups;
using Hearth.Linux.Processes;

namespace Hearth.Vmm.Qemu;

/// <summary>One QEMU process.</summary>
internal sealed partial class QemuInstance : IVmInstance
{
    private static readonly TimeSpan s_monitorTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly CgroupScope? _cgroup;
    private readonly QmpClient _monitor;
    private readonly VmLaunch _launch;
    private readonly List<string> _stderr = [];
    private readonly Task _stderrReader;
    private readonly Task _console;

    public QemuInstance(Process process, ProcessIdentity identity, VmLaunch launch, Socket link, IReadOnlyList<Socket> ports, Socket monitor, Task console, CgroupScope? cgroup)
    {
        _process = process;
        _cgroup = cgroup;
        _console = console;
        Process = identity;
        Description = launch.Accel.UseKvm ? "qemu/kvm" : "qemu/tcg";
        _launch = launch;
        Link = new NetworkStream(link, ownsSocket: true);
        Ports = ports;
        _monitor = new QmpClient(monitor);
        _stderrReader = ReadStderrAsync();
        Exited = WaitAsync();
    }

    public ProcessIdentity Process { get; }

    public string Description { get; }

    public Stream Link { get; }

    public IReadOnlyList<Socket> Ports { get; }

    public Task<VmmExit> Exited { get; }

    public IReadOnlyList<string> Cgroups => _cgroup?.Directories ?? [];

    /// <summary>Waits for QMP's greeting: QEMU has opened everything and the guest runs.</summary>
    public async Task ConnectMonitorAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(s_monitorTimeout);
        Task greeting = _monitor.ConnectAsync(bound.Token);
        try
        {
            await greeting;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            await KillAsync();
            VmmExit exit = await Exited;
            throw new HearthException(
                "engine.failed",
                $"qemu-system-x86_64 did not start (exit code {exit.ExitCode}): {string.Join(" / ", exit.StderrTail)}",
                "'hearth doctor' checks the engine.",
                inner: e);
        }
    }

    public async Task PauseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _monitor.ExecuteAsync("stop", null, cancellationToken);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // What was not answered in time may still be done, when nobody expects it any more.
            await ResumeAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    public Task ResumeAsync(CancellationToken cancellationToken) => _monitor.ExecuteAsync("cont", null, cancellationToken);

    public async Task KillAsync()
    {
        ProcessTable.Kill(Process);
        await Exited;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await _monitor.DisposeAsync();
        await Link.DisposeAsync();
        foreach (Socket port in Ports)
        {
            port.Dispose();
        }

        _cgroup?.Dispose();
        _process.Dispose();
    }

    private async Task<VmmExit> WaitAsync()
    {
        await _process.WaitForExitAsync();
        await _stderrReader;
        await _console;
        return new VmmExit(_process.ExitCode, _stderr);
    }

    private async Task ReadStderrAsync()
    {
        const int MaxLines = 20;
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            _stderr.Add(line);
            if (_stderr.Count > MaxLines)
            {
                _stderr.RemoveAt(0);
            }
        }
    }
}

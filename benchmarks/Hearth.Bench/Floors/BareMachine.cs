using System.Diagnostics;
using System.Net.Sockets;
using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;

namespace Hearth.Bench.Floors;

/// <summary>A QEMU process started directly, its link a Unix socket that this program listens on. Disposing kills it.</summary>
internal sealed class BareMachine : IDisposable
{
    private static readonly TimeSpan s_connectLimit = TimeSpan.FromSeconds(60);

    private readonly BareMachineFiles _files;
    private readonly Process _process;

    private BareMachine(BareMachineFiles files, Process process, Stream link, BareMonitor? monitor, long began)
    {
        _files = files;
        _process = process;
        Link = link;
        Monitor = monitor;
        Began = began;
    }

    /// <summary>The byte pipe to the guest's virtio-serial port.</summary>
    public Stream Link { get; }

    /// <summary>Of a machine that is restored; null for one that boots.</summary>
    public BareMonitor? Monitor { get; }

    /// <summary>The time stamp (<see cref="Stopwatch"/>) of just before the process's start.</summary>
    public long Began { get; }

    public static Task<BareMachine> StartAsync(MachineTemplate template, string? initramfs = null) => StartAsync(template, new BareMachineFiles(template), initramfs);

    /// <param name="files">Made before any clock runs; this takes them over.</param>
    /// <param name="launch">Where it stands; null for here, with an interface that leads nowhere.</param>
    public static async Task<BareMachine> StartAsync(MachineTemplate template, BareMachineFiles files, string? initramfs = null, BareLaunch? launch = null)
    {
        Process? process = null;
        try
        {
            using Socket links = Listen(files.LinkSocket);
            using Socket? monitors = template.Frozen is null ? null : Listen(files.MonitorSocket);
            IReadOnlyList<string> arguments = template.ArgumentsFor(files, initramfs ?? template.Initramfs, launch?.Interface);
            long began = Stopwatch.GetTimestamp();
            process = launch is null
                ? Child.Start(template.Program, arguments, takeErrors: true)
                : Child.Start(launch.Program, [.. launch.Arguments, template.Program, .. arguments], takeErrors: true);
            Task<string> errors = process.StandardError.ReadToEndAsync();
            Socket? monitor = monitors is null ? null : await AcceptAsync(monitors, process, errors);
            Socket link = await AcceptAsync(links, process, errors);
            return new BareMachine(files, process, new NetworkStream(link, ownsSocket: true), monitor is null ? null : new BareMonitor(monitor), began);
        }
        catch
        {
            process?.Kill();
            process?.Dispose();
            files.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Monitor?.Dispose();
        Link.Dispose();
        _files.Dispose();
    }

    private static Socket Listen(string path)
    {
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        return listener;
    }

    /// <param name="errors">
    /// What QEMU says at its end. While it lives nothing is to be seen: it complains of every state without a description
    /// of itself, which xen-save-devices-state does not write, and loads it.
    /// </param>
    private static async Task<Socket> AcceptAsync(Socket listener, Process process, Task<string> errors)
    {
        Task<Socket> accepting = listener.AcceptAsync();
        Task first = await Task.WhenAny(accepting, process.WaitForExitAsync()).WaitAsync(s_connectLimit);
        return first == accepting
            ? await accepting
            : throw new BenchException($"The bare {Path.GetFileName(process.StartInfo.FileName)} ended with exit code {process.ExitCode}: {(await errors).Trim()}");
    }
}

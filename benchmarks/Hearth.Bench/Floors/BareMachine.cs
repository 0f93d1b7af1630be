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

    private BareMachine(BareMachineFiles files, Process process, Stream link, long began)
    {
        _files = files;
        _process = process;
        Link = link;
        Began = began;
    }

    /// <summary>The byte pipe to the guest's virtio-serial port.</summary>
    public Stream Link { get; }

    /// <summary>The time stamp (<see cref="Stopwatch"/>) of just before the process's start.</summary>
    public long Began { get; }

    public static async Task<BareMachine> StartAsync(MachineTemplate template, string? initramfs = null)
    {
        BareMachineFiles files = new(template);
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(files.LinkSocket));
        listener.Listen(1);
        IReadOnlyList<string> arguments = template.ArgumentsFor(files, initramfs ?? template.Initramfs);
        long began = Stopwatch.GetTimestamp();
        Process process = Child.Start(template.Program, arguments);
        try
        {
            Task<Socket> accepting = listener.AcceptAsync();
            Task first = await Task.WhenAny(accepting, process.WaitForExitAsync()).WaitAsync(s_connectLimit);
            return first == accepting
                ? new BareMachine(files, process, new NetworkStream(await accepting, ownsSocket: true), began)
                : throw new BenchException($"The bare {Path.GetFileName(template.Program)} ended with exit code {process.ExitCode}.");
        }
        catch
        {
            process.Kill();
            process.Dispose();
            files.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Link.Dispose();
        _files.Dispose();
    }
}
